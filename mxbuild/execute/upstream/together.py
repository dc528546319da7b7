"""All files of tests, some at a time, the largest first; a stop leaves no process."""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from mxbuild.execute.upstream.records import Records
from mxbuild.execute.upstream.running import Setting, run_file
from mxbuild.model import Event, Progress, Suite


def run_files(
    setting: Setting,
    files: Sequence[str],
    jobs: int,
    step: str,
    watch: Callable[[Event], None],
    done: Callable[[Suite], None] = lambda file: None,
) -> tuple[Suite, ...]:
    """Run every file.

    Args:
        jobs: how many at a time.
        step: id of the step that reports it.
        done: called in this thread with each file as it ends.

    Returns:
        Their results, in the order of `files`.

    Raises:
        OSError: the interpreter cannot be started, or the disk refuses.
        KeyboardInterrupt: after every process has ended.
    """
    stop, results = threading.Event(), dict[str, Suite]()

    def one(file: str) -> Suite:
        def told(records: Records) -> None:
            text = records.running.partition("::")[2]
            total = records.total or None
            watch(Progress(id=step, part=file, done=len(records.cases), total=total, unit="tests", text=text))

        result = run_file(setting, file, told, stop)
        count = max(1, len(result.cases))
        watch(Progress(id=step, part=file, done=count, total=count, unit="tests"))
        return result

    watch(Progress(id=step, done=0, total=len(files), unit="files"))
    with ThreadPoolExecutor(jobs, thread_name_prefix="tests") as pool:
        try:
            # Size says best how long a file takes; what takes longest must not begin last.
            ordered = sorted(files, key=lambda name: -os.path.getsize(f"{setting.tree}/{setting.directory}/{name}"))
            futures = {pool.submit(one, file): file for file in ordered}
            for future in as_completed(futures):
                results[futures[future]] = future.result()
                watch(Progress(id=step, done=len(results), total=len(files), unit="files", text=futures[future]))
                done(results[futures[future]])
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(results[file] for file in files)
