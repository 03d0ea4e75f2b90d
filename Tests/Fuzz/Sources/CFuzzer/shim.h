#pragma once
#include <stddef.h>
#include <stdint.h>

// libFuzzer's own mutation of some bytes, for mutators of ours. Gives the new number of bytes, at most `limit`.
size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t limit);
