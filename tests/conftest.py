"""For all tests."""

import signal


def pytest_configure() -> None:
    """Let Ctrl-C reach what the tests start: a shell's background job ignores it, and children inherit that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
