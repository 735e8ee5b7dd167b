/* blobs.h - images, archives and other bytes that stand in a text as base64 or hex, also as data URIs: only their heads stay, and a note (note.h) in
   place. A model cannot read them, and pays for two tokens in three characters.

     "logo":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA[_headroom: 5104 of 5128 characters omitted; id ..]"

   A blob is a run of 256 characters and more that begins as a known format of bytes does, or of 2048 where it does not; its lines may be broken, in JSON
   by \n. What decodes to text stays, since a model can read that; so do keys, certificates, tokens and all that the question names by its
   beginning; and everything where the question speaks of base64, hex or decoding. Shorter runs are ids, hashes and signatures.

   The output is read again beside the original before it is used. Linear; one thread. */
#ifndef HR_BLOBS_H
#define HR_BLOBS_H

#include "transform/transform.h"

/* least_percent: of the text must go. 1: *out is filled but for its name; kept and of count characters of blobs. 0: nothing to gain.
   HR_ENOMEM, HR_ETIME. */
int hr_blobs_cut(hr_arena *a, const hr_transform_in *in, unsigned least_percent, hr_transform_out *out);

#endif
