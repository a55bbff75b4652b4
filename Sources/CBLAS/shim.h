// pkg-config names the folder of OpenBLAS's own headers; LAPACKE's header is OpenBLAS's on macOS and the system's on Debian.
#include <cblas.h>
#include <lapacke.h>
