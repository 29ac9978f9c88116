"""Ranks that wait for one another: NCCL, Gloo, MPI, the stores and rendezvous of torch. Mostly effects."""

import re

from bot.incidents.signatures.form import Signature, Stage

TABLE = (
    Signature(
        name="infiniband",
        stage=Stage.SYMPTOM,
        says="the fabric between the nodes reported an error",
        words=("ibv_poll_cq", "got completion from peer", "ibv_modify_qp", "ibv_reg_mr", "ibv_create", "async fatal event", "local catastrophic error", "port error", "net/ib", "ib verbs", "mlx5_", "roce", "efa ", "nvlink", "link down", "link is down", "link flap"),
        pattern=re.compile(r"(?i)NCCL WARN.*(?:NET/IB|NET/OFI|ibv_)|Got completion from peer|ibv_\w+ failed|Async fatal event|catastrophic error|mlx5_\w*.*(?:error|down|fatal|timeout)|link (?:is )?(?:down|flap)|NVLink.*(?:error|down|fatal)|port \d+ (?:error|down)"),
        source="NCCL transport/net_ib.cc, mlx5 driver in the kernel log",
        plain=True,
    ),
    Signature(
        name="nccl-timeout",
        stage=Stage.EFFECT,
        says="ranks waited for a collective until their watchdogs stopped them",
        words=("watchdog caught collective operation timeout", "timeout at nccl work", "failure detected by watchdog", "flight recorder dump", "received a dump signal", "detected by watchdog at work", "some nccl operations have failed", "to avoid data inconsistency", "stack trace of the failed collective", "heartbeat monitor", "heartbeatmonitor", "watchdog got stuck", "unable to get heartbeat", "dumping debug info", "dumping nccl trace", "collective operation timeout", "processgroupnccl's watchdog", "terminating the process after attempting to dump debug info", "checktimeout"),
        source="torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp",
        plain=True,
    ),
    Signature(
        name="nccl-peer-gone",
        stage=Stage.EFFECT,
        says="ranks lost the connection to a peer",
        words=("ncclremoteerror", "remote process exited or there was a network error", "connection closed by remote peer", "socketprogress", "nccl communicator was aborted", "communicator was aborted", "ncclcommabort", "call to recv from", "call to send to", "connection closed by localrank", "ncclsystemerror", "unhandled system error", "a remote process exiting prematurely", "proxy call to rank", "socket recv failed", "accept failed", "net.cc:", "transport.cc:", "socketstartconnect", "connect to peer", "nccl error in:", "ncclinternalerror", "nccl warn"),
        pattern=re.compile(r"(?i)nccl|remote peer|socketProgress|proxy call|communicator|call to (?:recv|send|connect)|socketStartConnect"),
        unless=("unhandled cuda error", "version mismatch", "duplicate gpu", "no plugin found", "could not find: libnccl"),
        source="NCCL misc/socket.cc, transport/net.cc, proxy.cc; torch NCCLUtils.cpp",
        plain=True,
    ),
    Signature(
        name="nccl-timeout",
        stage=Stage.EFFECT,
        says="ranks waited for a collective until they gave up",
        words=("monitoredbarrier", "timed out waiting", "wait timeout", "barrier timed out", "timed out after", "application timeout caused pair closure"),
        pattern=re.compile(r"(?i)monitoredBarrier|gloo|ranks? .{0,40}timed out|Timed out waiting \d+ms for (?:recv|send)|c10d|collective|barrier"),
        source="torch Gloo backend, gloo/transport/tcp/unbound_buffer.cc, monitored_barrier",
        plain=True,
    ),
    Signature(
        name="connection-lost",
        stage=Stage.EFFECT,
        says="a peer or the store on rank 0 closed its connection",
        words=("connection reset by peer", "broken pipe", "connection closed by peer", "tcpstore", "distnetworkerror", "diststoreerror", "the client socket has timed out", "failed to recv, got", "sendbytes failed", "recvvalue failed", "recvvalueraw failed", "socket timeout", "connection was likely closed", "connection refused", "gloo/transport", "connectfullmesh", "failed to connect to", "connectionreseterror", "connectionabortederror", "brokenpipeerror", "connectionrefusederror", "eoferror", "software caused connection abort", "remote end closed connection", "endpoint closed"),
        unless=("http", "botocore", "urllib3", "wandb", "endpoint url"),
        source="torch TCPStore.cpp, socket.cpp; gloo/transport/tcp; Python's OSError subclasses",
        plain=True,
    ),
    Signature(
        name="rendezvous",
        stage=Stage.EFFECT,
        says="the launchers of the nodes did not find, or lost, one another",
        words=("rendezvoustimeouterror", "rendezvousconnectionerror", "rendezvousclosederror", "rendezvousgracefulexiterror", "rendezvousstateerror", "rendezvous has failed", "failed to shutdown the rendezvous", "has been closed. exiting", "dynamic_rendezvous", "rendezvous", "timed out waiting for clients", "waiting for all the workers", "waiting for clients"),
        pattern=re.compile(r"(?i)rendezvous\w*(?:Error)|rendezvous .*(?:fail|clos|time)|waiting for clients|no response from|has been closed"),
        source="torch/distributed/elastic/rendezvous/dynamic_rendezvous.py, api.py; TCPStore",
        plain=True,
    ),
    Signature(
        name="nccl-setup",
        stage=Stage.SYMPTOM,
        says="NCCL could not start",
        words=("bootstrap", "nccl version mismatch", "ncclinvalidusage", "invalid usage", "no socket interface found", "no interface found", "failed to initialize any net plugin", "nccl_socket_ifname", "unable to find"),
        pattern=re.compile(r"(?i)nccl.*(?:no socket interface|no interface found|invalid usage|version mismatch|bootstrap .*(?:fail|error|timeout))|ncclInvalidUsage|bootstrap : no"),
        source="NCCL bootstrap.cc, init.cc",
        plain=True,
    ),
    Signature(
        name="nccl-cuda-error",
        stage=Stage.SYMPTOM,
        says="NCCL met a CUDA error that it does not explain",
        words=("ncclunhandledcudaerror", "unhandled cuda error", "cuda failure"),
        source="NCCL checks.h CUDACHECK",
        plain=True,
    ),
    Signature(
        name="collective-failed",
        stage=Stage.EFFECT,
        says="a collective failed because of another rank",
        words=("distbackenderror", "processgroupnccl", "processgroupgloo", "c10d::", "process group watchdog thread terminated"),
        source="torch/csrc/distributed/c10d/exception.h",
        plain=True,
    ),
)  # fmt: skip
