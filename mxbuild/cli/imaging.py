"""The plan as a Dockerfile, for `mxbuild plan --format dockerfile`."""

from typing import TYPE_CHECKING

import click

from mxbuild.cli.options import Asked

if TYPE_CHECKING:
    from mxbuild.model import Host, Request
    from mxbuild.recipe.model import Recipe


def show(asked: Asked) -> None:
    """Decide for a container of this machine's distribution, and print how one is made.

    Raises:
        UsageError: what is asked for is on this machine only.
        HostError: no image can be made of this machine's distribution, or not with what is asked for.
    """
    from mxbuild import pipeline
    from mxbuild.errors import UsageError
    from mxbuild.recipe.find import packaged
    from mxbuild.resolve import image
    from mxbuild.system import System
    from mxbuild.ui import dockerfile
    from mxbuild.vendor import itself

    system = System()
    request, left = image.portable(asked.request)
    _, path = pipeline.recipe_of(request, system.environ, asked.recipe_dirs)
    if path.parent != packaged():
        raise UsageError(f"{path} is no recipe of mxbuild's own, and an image has no other")
    here: dict[str, str] = {}

    def container(host: "Host", recipe: "Recipe", request: "Request") -> "Host":
        here.update(host.packages)
        return image.bare(host, recipe, request)

    view = pipeline.look(system, request, asked.where, asked.recipe_dirs, supposing=container)
    pins = itself.constraints(itself.described()[0])
    os = view.host.os
    click.echo(dockerfile.render(view.build, os, image.base(view.build, os), here, pins, left), nl=False)
