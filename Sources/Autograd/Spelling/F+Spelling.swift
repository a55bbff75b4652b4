import Devices

// Functions of `nn.functional` by PyTorch's names, and those that are methods here.

extension F {
  @available(*, unavailable, renamed: "nativeBatchNorm")
  public static var native_batch_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "nativeGroupNorm")
  public static var native_group_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "nativeLayerNorm")
  public static var native_layer_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "batchNorm")
  public static var batch_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "embeddingBag")
  public static var embedding_bag: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "groupNorm")
  public static var group_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "instanceNorm")
  public static var instance_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "layerNorm")
  public static var layer_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "localResponseNorm")
  public static var local_response_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "multiHeadAttentionForward")
  public static var multi_head_attention_forward: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "oneHot")
  public static var one_hot: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "rmsNorm")
  public static var rms_norm: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "scaledDotProductAttention")
  public static var scaled_dot_product_attention: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "gridSample")
  public static var grid_sample: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveAvgPool1d")
  public static var adaptive_avg_pool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveAvgPool2d")
  public static var adaptive_avg_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveAvgPool3d")
  public static var adaptive_avg_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveMaxPool1d")
  public static var adaptive_max_pool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveMaxPool2d")
  public static var adaptive_max_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "adaptiveMaxPool3d")
  public static var adaptive_max_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "avgPool1d")
  public static var avg_pool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "avgPool2d")
  public static var avg_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "avgPool3d")
  public static var avg_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "channelShuffle")
  public static var channel_shuffle: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "convTranspose1d")
  public static var conv_transpose1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "convTranspose2d")
  public static var conv_transpose2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "convTranspose3d")
  public static var conv_transpose3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "fractionalMaxPool2d")
  public static var fractional_max_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "fractionalMaxPool3d")
  public static var fractional_max_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxPool1d")
  public static var max_pool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxPool2d")
  public static var max_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxPool3d")
  public static var max_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxUnpool1d")
  public static var max_unpool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxUnpool2d")
  public static var max_unpool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "maxUnpool3d")
  public static var max_unpool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "lpPool1d")
  public static var lp_pool1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "lpPool2d")
  public static var lp_pool2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "lpPool3d")
  public static var lp_pool3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "pixelShuffle")
  public static var pixel_shuffle: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "pixelUnshuffle")
  public static var pixel_unshuffle: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "binaryCrossEntropy")
  public static var binary_cross_entropy: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "binaryCrossEntropyWithLogits")
  public static var binary_cross_entropy_with_logits: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "cosineEmbeddingLoss")
  public static var cosine_embedding_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "cosineSimilarity")
  public static var cosine_similarity: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "crossEntropy")
  public static var cross_entropy: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "ctcLoss")
  public static var ctc_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "gaussianNLLLoss")
  public static var gaussian_nll_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "hingeEmbeddingLoss")
  public static var hinge_embedding_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "huberLoss")
  public static var huber_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "klDiv")
  public static var kl_div: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "l1Loss")
  public static var l1_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "linearCrossEntropy")
  public static var linear_cross_entropy: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "marginRankingLoss")
  public static var margin_ranking_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "mseLoss")
  public static var mse_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "multiMarginLoss")
  public static var multi_margin_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "multilabelMarginLoss")
  public static var multilabel_margin_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "multilabelSoftMarginLoss")
  public static var multilabel_soft_margin_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "nllLoss")
  public static var nll_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "pairwiseDistance")
  public static var pairwise_distance: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "poissonNLLLoss")
  public static var poisson_nll_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "smoothL1Loss")
  public static var smooth_l1_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "softMarginLoss")
  public static var soft_margin_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "tripletMarginLoss")
  public static var triplet_margin_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "tripletMarginWithDistanceLoss")
  public static var triplet_margin_with_distance_loss: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "gridSample")
  public static var grid_sampler_2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "gridSample")
  public static var grid_sampler_3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, renamed: "interpolate")
  public static var upsample: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `F.interpolate(x, scaleFactor: 2)`")
  public static var upsample_nearest: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `F.interpolate(x, scaleFactor: 2, mode: .bilinear, alignCorners: true)`")
  public static var upsample_bilinear: Misspelled<Tensor> { Misspelled() }
}

extension F {
  @available(*, unavailable, message: "use `x.relu()`")
  public static var relu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.relu6()`")
  public static var relu6: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.elu()`")
  public static var elu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.selu()`")
  public static var selu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.celu()`")
  public static var celu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.gelu()`")
  public static var gelu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.silu()`")
  public static var silu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.mish()`")
  public static var mish: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.sigmoid()`")
  public static var sigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.tanh()`")
  public static var tanh: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.softplus()`")
  public static var softplus: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.softsign()`")
  public static var softsign: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.hardtanh()`")
  public static var hardtanh: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.hardsigmoid()`")
  public static var hardsigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.hardswish()`")
  public static var hardswish: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.hardshrink()`")
  public static var hardshrink: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.softshrink()`")
  public static var softshrink: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.tanhshrink()`")
  public static var tanhshrink: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.threshold(0.1, 20)`")
  public static var threshold: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.glu(dim: -1)`")
  public static var glu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.rrelu()`")
  public static var rrelu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.prelu(weight)`")
  public static var prelu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.leakyRelu()`")
  public static var leaky_relu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.leakyRelu()`")
  public static var leakyRelu: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logSigmoid()`")
  public static var logsigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logSigmoid()`")
  public static var logSigmoid: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.softmax(dim: 1)`")
  public static var softmax: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.softmin(dim: 1)`")
  public static var softmin: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logSoftmax(dim: 1)`")
  public static var log_softmax: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.logSoftmax(dim: 1)`")
  public static var logSoftmax: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.dropout(p: 0.5)`")
  public static var dropout: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.dropout1d(p: 0.5)`")
  public static var dropout1d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.dropout2d(p: 0.5)`")
  public static var dropout2d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.dropout3d(p: 0.5)`")
  public static var dropout3d: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.alphaDropout(p: 0.5)`")
  public static var alpha_dropout: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.featureAlphaDropout(p: 0.5)`")
  public static var feature_alpha_dropout: Misspelled<Tensor> { Misspelled() }
  @available(*, unavailable, message: "use `x.pad([1, 1])`")
  public static var pad: Misspelled<Tensor> { Misspelled() }
}
