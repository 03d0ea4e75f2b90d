#pragma once

/// The commit that this was built from, `-dirty` appended if files had been changed; empty if the build didn't say.
const char *_Nonnull faultline_commit(void);
