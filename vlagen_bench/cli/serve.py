"""`vlagen serve`: serves a policy over the network until Ctrl-C."""

from functools import partial
from typing import Annotated

import tyro

from vlagen_bench.cli import common
from vlagen_bench.cli.common import OK, console, key_values
from vlagen_bench.cli.inclusion import Include, include
from vlagen_bench.utils.signals import end_in_order

LOOPBACK = "127.0.0.1"


def serve(
    policy: str,
    policy_args: Annotated[tuple[str, ...], tyro.conf.arg(metavar="KEY=VALUE ...")] = (),
    host: str = LOOPBACK,
    port: int = 8000,
    map: Annotated[str | None, tyro.conf.arg(metavar="THEIRS:OURS,...")] = None,
    resize: Annotated[str | None, tyro.conf.arg(metavar="PX | HxW")] = None,
    answer: Annotated[str | None, tyro.conf.arg(metavar="PART,...")] = None,
    default_prompt: str | None = None,
    outside: Include = (),
) -> int:
    """Serves a policy to `vlagen-eval --policy ws://HOST:PORT`, and to clients of openpi.

    Args:
        policy: a built-in name, module:Class, path/to/file.py:Class, or an adapter such as openvla:CHECKPOINT.
        policy_args: keyword arguments of the policy's constructor, as strings.
        host: the address to listen at; 0.0.0.0 means all addresses of this machine.
        port: 0 takes a free port.
        map: what clients send under other names than ours, such as
            "observation/image:image,observation/state[0:7]:state,step:ignored". What is neither ours nor mapped is refused.
        resize: the size of all pictures that the policy sees: 224, or 240x320 for height x width.
        answer: how actions are sent, such as "actions[0:6]*20,actions[6:7]".
        default_prompt: the instruction of clients that send none.
        outside: places where the policy is.
    """
    from vlagen_bench.errors import PolicyError
    from vlagen_bench.policies import base
    from vlagen_bench.policies.remote.address import is_loopback
    from vlagen_bench.utils import installing

    try:
        from vlagen_bench.policies.remote.server import Server
    except ModuleNotFoundError as error:
        raise PolicyError(installing.lacking("`vlagen serve`", error.name, "remote")) from None
    from vlagen_bench.policies.remote import mapping
    from vlagen_bench.policies.remote.session import ServedPolicy

    forms = mapping.parse(side="server", map=map, resize=resize, answer=answer, default_prompt=default_prompt)
    include(outside)
    out = console()
    say = partial(common.say, to=out)
    served = ServedPolicy(base.load(policy, key_values(policy_args)), forms)
    # A container is ended by SIGTERM: as by Ctrl-C, the policy is closed.
    end_in_order()
    server = Server(served, host=host, port=port, note=say)
    try:
        with server.listening() as listening_at:
            say(f"Serving {policy} at ws://{host}:{listening_at}. Ctrl-C ends it.")
            if not is_loopback(host):
                say(
                    f"warning: everyone who reaches {host} can ask this policy, without a key, and nothing is encrypted."
                )
            server.work()
    except KeyboardInterrupt:
        say("Ended.")
    finally:
        served.close()
    return OK
