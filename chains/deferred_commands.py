"""Groups of commands that are imported when they are called, so that the quick ones are quick."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

Commands = Mapping[str, tuple[str, str]]
"""By name: the module whose ``app`` is the command, and its line in the group's help."""


class DeferredCommand(TyperCommand):
    """Stands for a command until it is called: then the real one is imported and takes over."""

    def __init__(self, name: str, module: str, help_line: str) -> None:
        super().__init__(name, help=help_line, rich_markup_mode=None)
        self._module = module

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:  # noqa: ANN401  # click's own
        """The real command's context: from here on click deals with that one."""
        real = typer.main.get_command(import_module(self._module).app)
        return real.make_context(info_name, args, parent, **extra)


def deferred_group(commands: Commands) -> type[TyperGroup]:
    """A group's class for ``typer.Typer(cls=...)`` that knows these commands by name; its own follow."""

    class DeferredCommands(TyperGroup):
        def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401  # click's signature
            return [*commands, *super().list_commands(ctx)]

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401  # as above
            if cmd_name in commands:
                return DeferredCommand(cmd_name, *commands[cmd_name])
            return super().get_command(ctx, cmd_name)

    return DeferredCommands
