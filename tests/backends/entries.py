"""What the tests of worker processes have them call."""

from __future__ import annotations

import ctypes
import os
import subprocess
import time
from typing import Any

import numpy


def echo(payload: Any, host: Any) -> Any:
    return payload


def process_id(payload: Any, host: Any) -> int:
    return os.getpid()


def environment(payload: Any, host: Any) -> dict[str, str]:
    return dict(os.environ)


def talk(payload: Any, host: Any) -> None:
    print("from Python")
    os.system("echo from the shell; echo and its errors >&2")
    print("no end of line", end="")


def wait(payload: Any, host: Any) -> None:
    try:
        print("begun")
        time.sleep(60)
    finally:
        print("cleaned up")


def hold_out(payload: Any, host: Any) -> None:
    print("begun")
    while True:
        try:
            time.sleep(60)
        except BaseException:
            print("not listening")


def leave(payload: Any, host: Any) -> None:
    print("last words")
    os._exit(3)


def crash(payload: Any, host: Any) -> None:
    ctypes.string_at(0)


def give_up(payload: Any, host: Any) -> None:
    raise SystemExit(2)


def take(size: int, host: Any) -> int:
    return len(bytearray(size))


def fail(payload: Any, host: Any) -> None:
    raise ValueError("no good")


def ask(number: int, host: Any) -> Any:
    return host.call("add_one", number)


def start_another(payload: Any, host: Any) -> int:
    return subprocess.Popen(["sleep", "600"]).pid


def array(size: int, host: Any) -> Any:
    return {"array": numpy.arange(size), "size": size}


def double(payload: Any, host: Any) -> Any:
    payload["array"] *= 2
    return payload["array"].sum().item()
