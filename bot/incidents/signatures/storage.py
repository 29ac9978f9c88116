"""Disks, shared file systems, object stores and the checkpoints on them."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="disk-full",
        stage=Stage.CAUSE,
        says="a disk or a quota was full",
        words=("no space left on device", "errno 28]", "disk quota exceeded", "errno 122]", "enospc", "insufficient disk space", "not enough free disk space"),
        source="ENOSPC and EDQUOT, as every program prints them",
    ),
    Signature(
        name="filesystem-fault",
        stage=Stage.CAUSE,
        says="a file system stopped working",
        words=("stale file handle", "errno 116]", "input/output error", "errno 5]", "read-only file system", "errno 30]", "transport endpoint is not connected", "errno 107]", "cannot send after transport endpoint shutdown", "errno 108]", "remote i/o error"),
        source="ESTALE, EIO, EROFS, ENOTCONN, ESHUTDOWN of NFS, Lustre and FUSE mounts",
    ),
    Signature(
        name="file-permission",
        stage=Stage.CAUSE,
        says="a file may not be read or written",
        words=("permissionerror", "errno 13]"),
        source="EACCES",
    ),
    Signature(
        name="checkpoint-unreadable",
        stage=Stage.CAUSE,
        says="a checkpoint is damaged or incomplete",
        words=("pytorchstreamreader failed", "failed finding central directory", "invalid header or archive is corrupted", "safetensorerror", "incomplete metadata, file not fully covered", "metadataincompletebuffer", "headertoolarge", "unexpected pos", "unpicklingerror", "invalid load key", "checkpoint is corrupt", "corrupted checkpoint", "checksum mismatch", "ran out of input"),
        source="torch inline_container.cc and serialization.py, safetensors-rust, pickle",
    ),
    Signature(
        name="checkpoint-mismatch",
        stage=Stage.CAUSE,
        says="the checkpoint does not fit the model",
        words=("error(s) in loading state_dict", "size mismatch for ", "missing key(s) in state_dict", "unexpected key(s) in state_dict", "missing key in checkpoint state_dict"),
        source="torch/nn/modules/module.py load_state_dict, torch.distributed.checkpoint planner",
    ),
    Signature(
        name="object-store",
        stage=Stage.CAUSE,
        says="the object store refused or failed a request",
        words=("botocore.", "s3uploadfailederror", "boto3.exceptions", "s3transfer", "clienterror: an error occurred (", "google.api_core.exceptions", "google.cloud.exceptions", "google.auth.exceptions", "gcsfs.", "azure.core.exceptions", "could not connect to the endpoint url", "accessdenied", "expiredtoken", "invalidaccesskeyid", "signaturedoesnotmatch", "nosuchbucket", "nosuchkey", "slowdown", "requesttimetooskewed", "unable to locate credentials", "nocredentialserror", "does not have storage.objects", "s3 error", "awserror"),
        pattern=re.compile(
            r"(?i)botocore|boto3|s3transfer|an error occurred \((?:AccessDenied|ExpiredToken|InvalidAccessKeyId|SignatureDoesNotMatch|NoSuch|SlowDown|RequestTime|ServiceUnavailable|InternalError|403|404|503)"
            r"|google\.(?:api_core|cloud|auth)|gcsfs|azure\.core|endpoint url|unable to locate credentials|storage\.objects|S3 ?error|NoCredentials|AccessDenied|ExpiredToken|NoSuchKey|NoSuchBucket|SlowDown"
        ),
        source="botocore/exceptions.py, boto3 S3UploadFailedError, google-cloud-storage, azure-core, gcsfs",
    ),
)  # fmt: skip
