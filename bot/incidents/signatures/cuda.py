"""CUDA and PyTorch on one device: memory, kernels, drivers, and numbers that stop being numbers."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="gpu-out-of-memory",
        stage=Stage.CAUSE,
        says="a GPU ran out of memory",
        words=(
            "cuda out of memory", "torch.outofmemoryerror", "hip out of memory", "cuda error: out of memory",
            "cuda failure 'out of memory'", "cudaerrormemoryallocation", "cuda failure 2 'out of memory'",
            "cublas_status_alloc_failed", "resource_exhausted: out of memory", "torch.cuda.outofmemoryerror",
        ),
        source="torch c10/cuda/CUDACachingAllocator.cpp; NCCL checks.h; XLA BFC allocator",
    ),
    Signature(
        name="gpu-out-of-memory",
        stage=Stage.CAUSE,
        says="a GPU ran out of memory",
        words=("resource_exhausted", "resource exhausted", "failed to allocate"),
        pattern=re.compile(r"(?i)resource.exhausted: .{0,200}(?:allocat|memory)|ran out of memory (?:trying|while)|failed to allocate request for"),
        source="XLA: xla/tsl/framework/bfc_allocator.cc, pjrt stream executor client",
    ),
    Signature(
        name="device-assert",
        stage=Stage.CAUSE,
        plain=True,
        says="a CUDA kernel failed its own check, most often an index out of range",
        words=("device-side assert", "cudaerrorassert", ".cu:"),
        pattern=re.compile(r"(?i)device-side assert|cudaErrorAssert|\.cuh?:\d+: .{0,200}[Aa]ssert"),
        source="CUDA runtime error 710 and the assert() of device code (aten/src/ATen/native/cuda/*.cu)",
    ),
    Signature(
        name="device-assert",
        stage=Stage.CAUSE,
        plain=True,
        says="a CUDA kernel failed its own check, most often an index out of range",
        words=("assertion `",),
        pattern=re.compile(r"block: \[\d|thread: \[\d"),
        source="assert() of device code; lines of several threads are torn into one another",
    ),
    Signature(
        name="illegal-memory-access",
        stage=Stage.CAUSE,
        says="a CUDA kernel read or wrote memory that it does not own",
        words=("illegal memory access", "misaligned address", "cudaerrorillegaladdress", "unspecified launch failure",
               "illegal instruction was encountered"),
        source="CUDA runtime errors 700, 716, 719, 715",
    ),
    Signature(
        name="gpu-hardware",
        stage=Stage.CAUSE,
        plain=True,
        says="a GPU reported a hardware fault",
        words=("uncorrectable ecc error", "uncorrectable nvlink error", "fallen off the bus", "hardware stack error",
               "unable to determine the device handle", "gpu is lost", "double-bit ecc", "dbe ecc"),
        source="CUDA runtime errors 214 and 220, NVML, nvidia-smi",
    ),
    Signature(
        name="gpu-unavailable",
        stage=Stage.CAUSE,
        says="the driver or the devices were not there when the program asked for them",
        words=("no cuda gpus are available", "no cuda-capable device", "driver version is insufficient",
               "system not yet initialized", "found no nvidia driver", "invalid device ordinal",
               "forward compatibility was attempted", "no kernel image is available", "driver initialization failed",
               "torch not compiled with cuda enabled", "nvml: driver/library version mismatch",
               "driver/library version mismatch", "cuda error: unknown error",
               "all cuda-capable devices are busy or unavailable"),
        source="CUDA runtime errors 100, 35, 802, 101, 803, 209; torch/cuda/__init__.py _lazy_init; NVML",
    ),
    Signature(
        name="cuda-library",
        stage=Stage.CAUSE,
        says="a CUDA library call failed",
        words=("cublas_status_", "cudnn_status_", "cusolver_status_", "cufft_", "cusparse_status_"),
        pattern=re.compile(r"(?i)(?:CUDA error: |CuDNN error: |cuDNN error: )?CU\w+_(?:STATUS_)?(?:EXECUTION|INTERNAL|NOT_|MAPPING|ARCH|BAD_PARAM|INVALID)"),
        source="torch CUDABlas.cpp and cudnn/Exceptions.h",
    ),
    Signature(
        name="not-a-number",
        stage=Stage.CAUSE,
        says="the loss or the gradients stopped being finite numbers",
        words=("nan", "non-finite", "not finite", "infinite", "diverg", "inf "),
        pattern=re.compile(
            r"(?i)\bfound (?:nan|inf)\b|\b(?:nan|inf|non-?finite|not finite)\b.{0,60}\b(?:loss|grad|norm|logit|activation|output|result|tensor|value)"
            r"|\b(?:loss|grad\w*|norm|result|output|logits?)\b.{0,50}\b(?:is|was|are|became|becomes|turned|:|=|to)?\s?(?:nan\b|non-?finite|not finite|inf\b)"
            r"|(?:loss|training) (?:has )?diverged|nan values? (?:found|detected)|detect(?:ed)? nan"
        ),
        unless=("prefetch", "info "),
        source="Megatron rerun_state_machine.py, Lightning detect_nan_tensors, torch anomaly mode, training scripts",
    ),
    Signature(
        name="collective-mismatch",
        stage=Stage.CAUSE,
        says="ranks called different collectives, or the same one with different shapes",
        words=("detected mismatch between collectives", "mismatch between collectives"),
        source="torch ProcessGroupWrapper.cpp, TORCH_DISTRIBUTED_DEBUG=DETAIL",
    ),
    Signature(
        name="duplicate-gpu",
        stage=Stage.CAUSE,
        says="two ranks use the same GPU",
        words=("duplicate gpu detected",),
        source="NCCL init.cc",
    ),
    Signature(
        name="attention-kernel",
        stage=Stage.CAUSE,
        says="a compiled kernel or extension does not fit this GPU or this torch",
        words=("undefined symbol", "flashattention only supports", "triton.compiler", "out of resource: shared memory",
               "cannot open shared object file"),
        source="dynamic loader, flash-attn, triton runtime/errors.py",
    ),
)  # fmt: skip
