#include "build.h"

#define TEXT_OF(token) #token
#define TEXT(macro) TEXT_OF(macro)

const char *faultline_commit(void) { return TEXT(FAULTLINE_COMMIT); }
