from typing import Any

import click
import pytest
from click.testing import CliRunner

from mxbuild.cli.options import Asked, recipe_argument, request_options
from mxbuild.model import Request
from mxbuild.resolve import asked


def given(*words: str, **environment: str) -> Request:
    seen: list[Request] = []

    @click.command()
    @recipe_argument
    @request_options
    def command(call: object, asked: Asked, **rest: Any) -> None:
        seen.append(asked.request)

    result = CliRunner().invoke(command, words, env=environment, catch_exceptions=False)
    if result.exit_code:
        raise click.UsageError(result.output)
    return seen[0]


def test_what_is_asked_of_cuda_reaches_the_request() -> None:
    request = given("--gpu", "--cuda", "11.8", "--cuda-from", "wheels", "--cuda-arch", "7.0,8.6", "--cudnn", "/opt/x")
    assert (request.device, request.cuda, request.cuda_from) == ("gpu", "11.8", "wheels")
    assert (request.cuda_arch, request.cudnn) == ("7.0,8.6", "/opt/x")
    assert given("--install-cuda").cuda_from == "apt"
    assert given("--cuda", "./here").cuda not in (None, "./here")


def test_the_environment_asks_too_but_not_of_a_build_for_the_cpu() -> None:
    twins = {"MXBUILD_CUDA": "/opt/cuda", "MXBUILD_CUDA_ARCH": "70", "MXBUILD_CUDNN": "/opt/cudnn"}
    request = given("--gpu", **twins)
    assert (request.cuda, request.cuda_arch, request.cudnn) == ("/opt/cuda", "70", "/opt/cudnn")
    request = given("--cpu", **twins)
    assert request.cuda is request.cuda_arch is request.cudnn is None
    assert given("--cpu", "--cuda-arch", "70").cuda_arch == "70"  # which resolve refuses, in words


def test_two_origins_contradict_each_other() -> None:
    with pytest.raises(click.UsageError, match="contradicts"):
        given("--install-cuda", "--cuda-from", "wheels")


def test_a_request_as_a_command_line_is_the_same_request() -> None:
    request = given("--gpu", "--cuda", "11.8", "--cuda-from", "system", "--cuda-arch", "native", "--without", "cudnn")
    assert given(*asked.options(request)) == request
