// One import for users: tensors and gradients, with the dtypes and devices they name.
@_exported import Autograd
@_exported import Devices
