/// The special functions that PyTorch has in `torch.special` alone; those that are methods of its tensors are methods here, too:
/// `x.erf()`, `x.lgamma()`, `x.polygamma(1)`.
///
/// All are elementwise. Operands broadcast together and are promoted; integers and booleans compute in the default dtype. float32 results are
/// those of float64, rounded; float64 is accurate to a few units in the last place, where a function is not about to vanish. The references
/// are the chapters of the Digital Library of Mathematical Functions (DLMF), and at poles and ends PyTorch's values.
public enum Special {}
