#ifndef FX_OUTPUT_H
#define FX_OUTPUT_H

// Writes what the process has printed and not yet written. Of the standard output alone: to flush all files waits for one that another thread
// reads.
void fx_flush_output(void);

#endif
