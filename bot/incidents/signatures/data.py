"""What feeds the model: loader workers, datasets, tokenizers, configuration."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="loader-worker-died",
        stage=Stage.CAUSE,
        says="a data loader's worker process died",
        words=("dataloader worker (pid", "dataloader timed out", "one of the background workers died"),
        source="torch/utils/data/dataloader.py _try_get_data and _utils/signal_handling.py; datasets map()",
    ),
    Signature(
        name="dataset-build",
        stage=Stage.CAUSE,
        says="the dataset could not be built",
        words=("datasetgenerationerror", "an error occurred while generating the dataset", "datasetgenerationcasterror", "datafilesnotfounderror", "nonmatchingsplitssizeserror", "arrowinvalid"),
        source="datasets/exceptions.py, pyarrow",
    ),
    Signature(
        name="bad-configuration",
        stage=Stage.CAUSE,
        says="the configuration or the command line was refused",
        plain=True,
        words=("unrecognized arguments", "error: argument ", "error: one of the arguments", "no such option", "key is not in struct", "is not in struct", "ambiguous option", "the following arguments are required", "invalid choice:", "missingmandatoryvalue", "configattributeerror", "configkeyerror", "validation error for", "validation errors for", "could not override", "missingconfigexception", "interpolationkeyerror"),
        pattern=re.compile(r"error: (?:unrecognized arguments|the following arguments are required|argument |one of the arguments|ambiguous option)|No such option: |is not in struct|invalid choice|omegaconf|hydra|validation errors? for|Could not override|MissingConfig"),
        source="argparse.py error(), click/exceptions.py, omegaconf and hydra errors, pydantic",
    ),
    Signature(
        name="program-missing",
        stage=Stage.CAUSE,
        plain=True,
        says="the program or script to run was not found or may not be run",
        words=("command not found", ": not found", "can't open file", "executable file not found", "cannot execute", "bad interpreter", "no module named", ": permission denied", "no such file or directory"),
        pattern=re.compile(
            r"^(?:\S{0,100}(?:bash|sh|zsh|env|entrypoint\S{0,40}|\.sh)\b: |exec: ).{0,200}(?:not found|[Nn]o such file|[Pp]ermission denied|cannot execute|bad interpreter)"
            r"|^\S{0,100}python[\d.]*: (?:can't open file|No module named )|executable file not found in \$PATH"
        ),
        source="bash, dash and env; CPython's pymain_run_file and runpy; runc",
    ),
)  # fmt: skip
