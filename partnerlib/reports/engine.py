"""A papermill engine that runs a notebook's cells in a forked child: `papermill --engine forked ...`.

papermill parameterises and records as ever, and nbclient turns what the child tells into outputs; only the kernel's
five sockets, its heartbeat and its start are left out. Where nothing can be forked, and for a kernel that is not this
environment's, papermill's own engine runs the notebook.

papermill loads every engine while it is being imported itself: nothing here imports papermill before it is used.
"""

from __future__ import annotations

from typing import Any

PYTHON_KERNELS = {"partnerlib", "python3"}
"""Kernels of this environment; `partnerlib` is the one that is forked anyway."""


class ForkedEngine:
    """What papermill asks of an engine."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:
        """Run a notebook in a forked child, or as papermill does by itself.

        Parameters beside papermill's
            notebook_timeout: seconds for the whole notebook
            memory_mb: memory the cells may take
        """
        from partnerlib.reports import forked
        from partnerlib.reports.kernels import CAN_FORK

        if CAN_FORK and kernel_name in PYTHON_KERNELS and not options.get("kernel_manager_class"):
            try:
                child = forked.child_for(**options)
            except OSError as problem:
                forked.log.warning("this notebook runs in a kernel of its own: %s", problem)
            else:
                return forked.executed(nb, kernel_name, child, **options)
        from papermill.engines import NBClientEngine

        for name in ("notebook_timeout", "memory_mb"):
            options.pop(name, None)
        return NBClientEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        from papermill.utils import nb_language

        return nb_language(nb, language)
