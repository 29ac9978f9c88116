"""Launchers and schedulers that tell of their children, and processes that are told to stop."""

import re

from bot.incidents.signatures.form import Signature, Stage

_REPORT = "launcher-report"

TABLE = (
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a launcher reports that its processes ended",
        words=("childfailederror", "failed (exitcode", "closing signal sig", "unable to shutdown process", "signalexception", "root cause (first observed failure)", "worker group failed", "workers failed", "sending process", "received sigterm death signal", "received 15 death signal", "death signal, shutting down"),
        pattern=re.compile(r"ChildFailedError|failed \(exitcode|closing signal SIG|Unable to shutdown process|SignalException|Root Cause \(first|[Ww]orker group|death signal|workers? failed"),
        title="The launcher reports failed processes",
        source="torch/distributed/elastic/multiprocessing/api.py and errors/__init__.py, agent/server/api.py",
        plain=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a launcher reports that its processes ended",
        words=("srun: error", "slurmstepd", "task ", "srun: ", "step ", "job "),
        pattern=re.compile(r"^(?:srun|slurmstepd|sbatch|salloc): |\btasks? [\d,\-\[\]]+: (?:Exited|Killed|Terminated|Aborted|Segmentation|running|Out Of Memory)|\*\*\* (?:STEP|JOB) \S+ (?:ON|CANCELLED)|Exited with exit code"),
        title="The launcher reports failed processes",
        source="Slurm srun and slurmstepd",
        plain=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a launcher reports that its processes ended",
        words=("exits with return code", "killing subprocess", "sigkill_handler", "pdsh@", "ssh exited with exit code", "main process received sig", "received sigint, exiting"),
        title="The launcher reports failed processes",
        source="deepspeed/launcher/launch.py sigkill_handler, runner.py; pdsh",
        plain=True,
        quiet=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a launcher reports that its processes ended",
        words=("primary job", "mpirun noticed", "mpirun detected", "mpi_abort was invoked", "prted", "orted", "prterun", "bad termination of one of your application processes", "exit code:", "non-zero exit code"),
        pattern=re.compile(r"mpirun|MPI_ABORT|[Pp]rimary job|\b(?:orted|prted|prterun)\b|BAD TERMINATION|non-zero exit code"),
        title="The launcher reports failed processes",
        source="Open MPI orterun, MPICH hydra",
        plain=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a launcher reports that its processes ended",
        words=("calledprocesserror", "returned non-zero exit status", "exited with code", "exit code", "exit status", "exited unexpectedly", "exited with", "terminated with exit code", "crashed with exit code", "terminated with code", "systemexit: 1", "processexitedexception"),
        pattern=re.compile(
            r"(?i)CalledProcessError|non-zero exit status|SystemExit: [1-9]|ProcessExitedException"
            r"|\b(?:process|worker|rank|child|container|node|replica|job|command|pod|script|task|training)\b.{0,80}"
            r"\b(?:exited|exit|failed|terminated|crashed|died|finished|returned)\b.{0,40}(?:code|status|signal)[ :=(]*(?:-?[1-9]|SIG[A-Z])"
            r"|exit(?:ed with)? (?:code|status)[ :=(]+-?[1-9]|exited unexpectedly"
        ),
        unless=("dataloader worker",),
        title="The launcher reports failed processes",
        source="subprocess, accelerate launch, Lightning, Composer, kubelet, torch.multiprocessing.spawn",
        plain=True,
        quiet=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="the platform reports that the job failed",
        words=("training job failed", "job failed", "job has failed", "deployment failed", "crashloopbackoff", "back-off restarting", "status failed", "backofflimitexceeded", "job completed with status failed"),
        title="The platform reports that the job failed",
        source="platform events, kubelet",
        plain=True,
        quiet=True,
    ),
    Signature(
        name=_REPORT,
        stage=Stage.REPORT,
        says="a driver reports that its workers failed",
        words=("trainingfailederror", "trial task failed", "tuneerror", "could not recover from", "worker group encountered exceptions", "trial train", "workergrouperror", "controllererror", "the ray train run failed", "failure handling decision"),
        title="The driver reports failed workers",
        source="ray/train/base_trainer.py, ray/tune/execution/tune_controller.py, ray/train/v2",
        plain=False,
    ),
    Signature(
        name="told-to-stop",
        stage=Stage.TEARDOWN,
        says="a process was told to stop",
        words=("sigterm", "signal 15", "signal: 15", "sigint", "keyboardinterrupt", "terminated by signal", "got signal"),
        pattern=re.compile(r"(?i)\b(?:received|caught|got|handling|terminated by)\b.{0,40}\bSIG(?:TERM|INT)\b|SIGTERM (?:received|caught)|signal[: (]+15\b|KeyboardInterrupt|^Terminated\b"),
        unless=("via signal sigterm", "signalexception", "closing signal"),
        source="signal handlers of training scripts, Megatron dist_signal_handler, Lightning SignalConnector",
        plain=True,
    ),
    Signature(
        name="aborted",
        stage=Stage.EFFECT,
        says="a process aborted itself",
        words=("aborted (core dumped)", "fatal python error: aborted", "sigabrt", "signal 6"),
        source="abort(3) after an uncaught C++ exception or a watchdog",
        plain=True,
    ),
)  # fmt: skip
