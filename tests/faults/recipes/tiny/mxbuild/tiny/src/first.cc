#include "release.h"
extern "C" int MXGetVersion(int *out) { *out = RELEASE; return 0; }
