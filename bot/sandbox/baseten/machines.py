"""Instance types and what a minute of them costs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One instance type (`InstanceTypeV1`); `price` is in USD per minute and node."""

    id: str
    name: str
    cpus: int
    memory_gib: int
    gpu_count: int
    gpu_type: str | None
    gpu_memory_gib: int | None
    price: float


def _gpu(kind: str, count: int, *, cpus: int, memory_gib: int, gpu_memory_gib: int, price: float) -> Machine:
    return Machine(
        id=f"{kind}x{count}",
        name=f"{kind}:{count}x{cpus}x{memory_gib}",
        cpus=cpus,
        memory_gib=memory_gib,
        gpu_count=count,
        gpu_type=kind,
        gpu_memory_gib=gpu_memory_gib,
        price=price,
    )


MACHINES: dict[str, Machine] = {
    machine.id: machine
    for machine in (
        _gpu("L4", 1, cpus=4, memory_gib=16, gpu_memory_gib=24, price=0.01414),
        _gpu("A100", 1, cpus=12, memory_gib=144, gpu_memory_gib=80, price=0.06667),
        _gpu("A100", 8, cpus=96, memory_gib=1152, gpu_memory_gib=80, price=0.53336),
        _gpu("H100", 1, cpus=26, memory_gib=234, gpu_memory_gib=80, price=0.10833),
        _gpu("H100", 4, cpus=104, memory_gib=936, gpu_memory_gib=80, price=0.43332),
        _gpu("H100", 8, cpus=208, memory_gib=1872, gpu_memory_gib=80, price=0.86664),
        _gpu("H200", 8, cpus=192, memory_gib=1920, gpu_memory_gib=141, price=1.06664),
        _gpu("B200", 8, cpus=224, memory_gib=2048, gpu_memory_gib=180, price=1.33336),
        Machine(
            id="CPUx16",
            name="CPU:16x64",
            cpus=16,
            memory_gib=64,
            gpu_count=0,
            gpu_type=None,
            gpu_memory_gib=None,
            price=0.01382,
        ),
    )
}
DEFAULT_MACHINE = MACHINES["H100x8"]
