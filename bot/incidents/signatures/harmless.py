"""Lines that look like failures and change nothing: telemetry that retries, plugins that register twice, teardown chatter."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="pip-resolver",
        stage=Stage.HARMLESS,
        says="pip warns about packages that it did not touch; it has installed what was asked for",
        words=("pip's dependency resolver", "which is incompatible.", "warning: running pip as the 'root' user"),
        source="pip/_internal/resolution and commands/install.py _warn_about_conflicts",
    ),
    Signature(
        name="plugin-registered-twice",
        stage=Stage.HARMLESS,
        says="TensorFlow and another library register the same CUDA plugins; nothing is lost",
        words=("unable to register cu", "factory for plugin", "computation placer already registered", "all log messages before absl::initializelog", "unable to initialize backend", "could not find tensorrt", "failed call to cuinit", "cpu_feature_guard"),
        source="xla stream_executor cuda_dnn.cc, cuda_fft.cc, cuda_blas.cc; jax xla_bridge.py",
    ),
    Signature(
        name="telemetry",
        stage=Stage.HARMLESS,
        plain=True,
        says="an experiment tracker or a telemetry exporter could not reach its server; it retries and training goes on",
        words=("wandb", "w&b", "mlflow", "comet_ml", "comet.com", "neptune", "clearml", "sentry", "datadog", "ddtrace", "opentelemetry", "otlp", "statsd", "prometheus", "tensorboard", "aim.", "swanlab", "trackio", "posthog", "segment.io", "usage stats", "usage_lib", "telemetry", "exporting span", "exporting metrics"),
        pattern=re.compile(
            r"(?i)(?:api\.wandb\.ai|wandb|W&B|mlflow|comet|neptune|clearml|sentry|datadog|ddtrace|opentelemetry|otlp|statsd|prometheus|tensorboard|swanlab|trackio|posthog|segment\.io|usage.?(?:stats|lib)|telemetry|export)"
            r".{0,400}(?:network|retry|retri|timeout|timed out|timed-out|error while calling|connection|unreachable|failed to (?:send|upload|export|log|sync|report|connect|submit|publish|push|flush)|could(?:n't| not) (?:connect|reach|send|log)|429|50\d|rate limit|transient|max retries|dropped|filestream|context deadline|broken|unavailable|refused|resolv)"
            r"|(?:connection|retry|retrying|timed? ?out|max retries|temporary failure).{0,300}(?:wandb|mlflow|comet|neptune|clearml|sentry|datadog|otlp|statsd|tensorboard)"
        ),
        unless=("wandb.errors.usageerror", "api key", "wandb.errors.authenticationerror", "permission denied"),
        source="wandb/sdk/lib/retry.py and filestream.py, mlflow rest_utils.py, opentelemetry exporters, sentry transport",
    ),
    Signature(
        name="asyncio-unclosed",
        stage=Stage.HARMLESS,
        says="asyncio tells of a connection or task that was not closed; the work had been done",
        words=("unclosed client session", "unclosed connector", "unclosed <socket", "task was destroyed but it is pending", "event loop is closed", "client_session: <", "unclosed transport", "coroutine was never awaited"),
        source="aiohttp/client.py __del__, asyncio base_events",
    ),
    Signature(
        name="ignored-in-finaliser",
        stage=Stage.HARMLESS,
        says="an exception in a finaliser, which Python ignores",
        words=("exception ignored in", "--- logging error ---", "exception in thread thread-autoproxy", "leaked semaphore objects", "leaked shared_memory objects", "resource_tracker:", "sys.meta_path is none, python is likely shutting down"),
        source="Python's unraisablehook, logging.Handler.handleError, multiprocessing resource_tracker",
    ),
    Signature(
        name="startup-chatter",
        stage=Stage.HARMLESS,
        says="a library complains while it starts and goes on without",
        words=("hostname of the client socket cannot be retrieved", "failed to load image python extension", "setlocale: cannot change locale", "from ld_preload cannot be preloaded", "not a git repository", "libibverbs: warning", "no openfabrics connection schemes", "ev_epoll1_linux", "fork_posix.cc", "current process just got forked", "errno: 97 - address family not supported", "tcmalloc: large alloc", "failed to detect the name of this notebook", "destroy_process_group() was not called", "process group has not been destroyed", "has not been destroyed before we destruct", "using /dev/shm failed", "psm2", "async_io requires the dev libaio", "cannot find -laio", "please specify the cutlass", "sparse_attn requires a torch", "sparse_attn is not compatible", "cannot use fa version", "not enough sms to use max_autotune_gemm", "error in cpuinfo", "failed to open libnvidia-ml", "error: could not find libhwloc", "error loading config file", "please check whether /sys/devices/system/node", "no plugin found (libnccl-net.so)", "could not find: libnccl-net.so", "omp_num_threads"),
        source="torch socket.cpp, inductor utils.py, DeepSpeed op_builder, vLLM fa_utils.py, torchvision, bash, ld.so, git, libibverbs, grpc, tokenizers, NCCL net plugins",
    ),
    Signature(
        name="hub-retry",
        stage=Stage.HARMLESS,
        plain=True,
        says="a transfer failed and is tried again",
        words=("retrying in", "[retry ", "thrown while requesting", "trying to resume download", "error while downloading from", "retrying from"),
        pattern=re.compile(r"(?i)thrown while requesting|[Rr]etrying in \d|\[Retry \d|resume download|while downloading from"),
        source="huggingface_hub/utils/_http.py http_backoff, file_download.py http_get",
    ),
    Signature(
        name="retried",
        stage=Stage.HARMLESS,
        plain=True,
        says="a request failed and is tried again by the library that made it",
        words=("retry(total=", "will retry", "retrying request", "retrying (retry", "connection pool is full", "retry attempt", "entering retry loop"),
        pattern=re.compile(r"Retry\(total=|Retrying \(Retry|Connection pool is full|[Rr]etry attempt failed|entering retry loop"),
        source="urllib3/connectionpool.py",
    ),
)  # fmt: skip
