// SPDX-License-Identifier: Apache-2.0
#ifndef MINI_RANDOM_H_
#define MINI_RANDOM_H_

namespace mini {

// Starts the random operators' streams anew.
void seed(int value);

}  // namespace mini

#endif  // MINI_RANDOM_H_
