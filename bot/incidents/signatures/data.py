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
        words=("unrecognized arguments", "the following arguments are required", "invalid choice:", "missingmandatoryvalue", "configattributeerror", "configkeyerror", "validation error for", "validation errors for", "could not override", "missingconfigexception", "interpolationkeyerror"),
        pattern=re.compile(r"error: (?:unrecognized arguments|the following arguments are required|argument )|invalid choice|omegaconf|hydra|validation errors? for|Could not override|MissingConfig"),
        source="argparse.py error(), omegaconf and hydra errors, pydantic",
    ),
)  # fmt: skip
