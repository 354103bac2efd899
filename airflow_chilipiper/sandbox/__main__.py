"""`python -m airflow_chilipiper.sandbox`: the imitation on a port, until interrupted."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from airflow_chilipiper.sandbox.server import Sandbox, sandbox


def main(arguments: Sequence[str] | None = None) -> None:
    options = _parser().parse_args(arguments)
    with sandbox(
        host=options.host, port=options.port, seed=options.seed, hosts=options.hosts, latency=options.latency
    ) as served:
        if options.fault_rate:
            served.faults.at_random(options.fault_rate, seed=options.seed)
        print(greeting(served), flush=True)
        try:
            served.wait()
        except KeyboardInterrupt:
            print("stopped")


def greeting(served: Sandbox) -> str:
    return (
        "An imitation of the Chili Piper Edge API, for development and tests: nobody is invited to anything.\n"
        f"address  {served.url}\n"
        f"token    {served.token}\n"
        f"\nexport AIRFLOW_CONN_CHILIPIPER_DEFAULT='{served.connection}'\n"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m airflow_chilipiper.sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default %(default)s)")
    parser.add_argument("--port", type=int, default=8765, help="port; 0 takes a free one (default %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of calendars, ids and random faults (default %(default)s)")
    parser.add_argument("--hosts", type=int, default=12, help="hosts in the inbound round robin (default %(default)s)")
    parser.add_argument(
        "--fault-rate", type=float, default=0.0, help="share of calls that run into some fault (default none)"
    )
    parser.add_argument(
        "--latency", type=float, default=0.0, help="seconds that every answer takes (default %(default)s)"
    )
    return parser


if __name__ == "__main__":
    main()
