"""The nouns: plain frozen data that flows from one room to the next.

Sizes are bytes, times are seconds (float) or Unix timestamps, paths are absolute strings.
"""

from mxbuild.model.answers import (
    Answers as Answers,
)
from mxbuild.model.answers import (
    CaseResult as CaseResult,
)
from mxbuild.model.answers import (
    Comparison as Comparison,
)
from mxbuild.model.base import (
    Moment as Moment,
)
from mxbuild.model.base import (
    Seconds as Seconds,
)
from mxbuild.model.base import (
    Struct as Struct,
)
from mxbuild.model.build import (
    Build as Build,
)
from mxbuild.model.build import (
    Bundle as Bundle,
)
from mxbuild.model.build import (
    Cuda as Cuda,
)
from mxbuild.model.build import (
    CudaFrom as CudaFrom,
)
from mxbuild.model.build import (
    Decision as Decision,
)
from mxbuild.model.build import (
    Device as Device,
)
from mxbuild.model.build import (
    ExtraOperators as ExtraOperators,
)
from mxbuild.model.build import (
    FeatureChoice as FeatureChoice,
)
from mxbuild.model.build import (
    Jobs as Jobs,
)
from mxbuild.model.build import (
    PackageChoice as PackageChoice,
)
from mxbuild.model.build import (
    Rejected as Rejected,
)
from mxbuild.model.build import (
    Request as Request,
)
from mxbuild.model.build import (
    Rule as Rule,
)
from mxbuild.model.build import (
    Substitution as Substitution,
)
from mxbuild.model.build import (
    Target as Target,
)
from mxbuild.model.build import (
    Variable as Variable,
)
from mxbuild.model.build import (
    Worker as Worker,
)
from mxbuild.model.host import (
    Apt as Apt,
)
from mxbuild.model.host import (
    Compiler as Compiler,
)
from mxbuild.model.host import (
    Cpu as Cpu,
)
from mxbuild.model.host import (
    CudaLibrary as CudaLibrary,
)
from mxbuild.model.host import (
    Disk as Disk,
)
from mxbuild.model.host import (
    Driver as Driver,
)
from mxbuild.model.host import (
    Fact as Fact,
)
from mxbuild.model.host import (
    Gpu as Gpu,
)
from mxbuild.model.host import (
    Host as Host,
)
from mxbuild.model.host import (
    Library as Library,
)
from mxbuild.model.host import (
    Memory as Memory,
)
from mxbuild.model.host import (
    Note as Note,
)
from mxbuild.model.host import (
    Os as Os,
)
from mxbuild.model.host import (
    Python as Python,
)
from mxbuild.model.host import (
    Surroundings as Surroundings,
)
from mxbuild.model.host import (
    Tool as Tool,
)
from mxbuild.model.host import (
    Toolkit as Toolkit,
)
from mxbuild.model.outcome import (
    Begun as Begun,
)
from mxbuild.model.outcome import (
    CheckResult as CheckResult,
)
from mxbuild.model.outcome import (
    Compiling as Compiling,
)
from mxbuild.model.outcome import (
    Event as Event,
)
from mxbuild.model.outcome import (
    FeatureResult as FeatureResult,
)
from mxbuild.model.outcome import (
    Installed as Installed,
)
from mxbuild.model.outcome import (
    JournalEntry as JournalEntry,
)
from mxbuild.model.outcome import (
    Line as Line,
)
from mxbuild.model.outcome import (
    Message as Message,
)
from mxbuild.model.outcome import (
    Outcome as Outcome,
)
from mxbuild.model.outcome import (
    Progress as Progress,
)
from mxbuild.model.outcome import (
    Receipt as Receipt,
)
from mxbuild.model.outcome import (
    Recorded as Recorded,
)
from mxbuild.model.outcome import (
    StepFailed as StepFailed,
)
from mxbuild.model.outcome import (
    StepFinished as StepFinished,
)
from mxbuild.model.outcome import (
    StepSkipped as StepSkipped,
)
from mxbuild.model.outcome import (
    StepStarted as StepStarted,
)
from mxbuild.model.outcome import (
    Stored as Stored,
)
from mxbuild.model.outcome import (
    WorkerCheck as WorkerCheck,
)
from mxbuild.model.outcome import (
    counted as counted,
)
from mxbuild.model.outcome import (
    every as every,
)
from mxbuild.model.plan import (
    FIRST_TIME as FIRST_TIME,
)
from mxbuild.model.plan import (
    Activate as Activate,
)
from mxbuild.model.plan import (
    AssembleToolkit as AssembleToolkit,
)
from mxbuild.model.plan import (
    CreateEnvironment as CreateEnvironment,
)
from mxbuild.model.plan import (
    DeviceCheck as DeviceCheck,
)
from mxbuild.model.plan import (
    FeatureCheck as FeatureCheck,
)
from mxbuild.model.plan import (
    FetchSource as FetchSource,
)
from mxbuild.model.plan import (
    FetchWheel as FetchWheel,
)
from mxbuild.model.plan import (
    InstallPackages as InstallPackages,
)
from mxbuild.model.plan import (
    Make as Make,
)
from mxbuild.model.plan import (
    PackWheel as PackWheel,
)
from mxbuild.model.plan import (
    Paths as Paths,
)
from mxbuild.model.plan import (
    Plan as Plan,
)
from mxbuild.model.plan import (
    Planned as Planned,
)
from mxbuild.model.plan import (
    Repository as Repository,
)
from mxbuild.model.plan import (
    Step as Step,
)
from mxbuild.model.plan import (
    UnpackVendored as UnpackVendored,
)
from mxbuild.model.plan import (
    Verify as Verify,
)
from mxbuild.model.upstream import (
    Case as Case,
)
from mxbuild.model.upstream import (
    Difference as Difference,
)
from mxbuild.model.upstream import (
    Judged as Judged,
)
from mxbuild.model.upstream import (
    Result as Result,
)
from mxbuild.model.upstream import (
    Suite as Suite,
)
from mxbuild.model.upstream import (
    SuiteRun as SuiteRun,
)
from mxbuild.model.upstream import (
    UpstreamReport as UpstreamReport,
)
from mxbuild.model.upstream import (
    Verdict as Verdict,
)
from mxbuild.model.vendored import (
    Manifest as Manifest,
)
from mxbuild.model.vendored import (
    Member as Member,
)
from mxbuild.model.vendored import (
    Vendored as Vendored,
)
from mxbuild.model.vendored import (
    Wish as Wish,
)
