/* SPDX-License-Identifier: Apache-2.0 */
#include <kernels/kernels.h>

const char* mini_kernels_about(void) { return "kernels 1.0"; }
