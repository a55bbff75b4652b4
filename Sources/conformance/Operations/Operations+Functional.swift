import Fluxion

extension Operations {
  /// Attention, embeddings, and layers that are random while a network is trained.
  static let functional: [String: Operation] = [
    "alpha_dropout": { call in
      .tensor(try call.receiver.alphaDropout(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? false))
    },
    "ctc_loss": { call in
      .tensor(
        F.ctcLoss(
          try call.tensor(0, "log_probs"), try call.tensor(1, "targets"), inputLengths: try call.lengths(2, "input_lengths"),
          targetLengths: try call.lengths(3, "target_lengths"), blank: try call.int(4, "blank") ?? 0,
          reduction: try call.reduction(5),
          zeroInfinity: try call.bool(6, "zero_infinity") ?? false))
    },
    "dropout": { call in
      .tensor(try call.receiver.dropout(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? true))
    },
    "dropout1d": { call in
      .tensor(try call.receiver.dropout1d(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? true))
    },
    "dropout2d": { call in
      .tensor(try call.receiver.dropout2d(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? true))
    },
    "dropout3d": { call in
      .tensor(try call.receiver.dropout3d(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? true))
    },
    "embedding": { call in
      let (input, weight) = (try call.receiver, try call.table)
      let (padding, scale) = (try call.int(2, "padding_idx"), try call.bool(5, "scale_grad_by_freq") ?? false)
      guard let maxNorm = try call.double(3, "max_norm") else {
        return .tensor(F.embedding(input, weight.tensor, paddingIdx: padding, scaleGradByFreq: scale))
      }
      return .tensor(
        F.embedding(
          input, &weight.tensor, maxNorm: maxNorm, normType: try call.double(4, "norm_type") ?? 2, paddingIdx: padding,
          scaleGradByFreq: scale))
    },
    "embedding_bag": { call in
      let (input, weight, offsets) = (try call.receiver, try call.table, try call.optionalTensor(2, "offsets"))
      let scale = try call.bool(5, "scale_grad_by_freq") ?? false
      let (mode, factors) = (try call.bagMode(6), try call.optionalTensor(8, "per_sample_weights"))
      let (includesLast, padding) = (try call.bool(9, "include_last_offset") ?? false, try call.int(10, "padding_idx"))
      guard let maxNorm = try call.double(3, "max_norm") else {
        return .tensor(
          F.embeddingBag(
            input, weight.tensor, offsets: offsets, scaleGradByFreq: scale, mode: mode, perSampleWeights: factors,
            includeLastOffset: includesLast, paddingIdx: padding))
      }
      return .tensor(
        F.embeddingBag(
          input, &weight.tensor, maxNorm: maxNorm, normType: try call.double(4, "norm_type") ?? 2, offsets: offsets,
          scaleGradByFreq: scale, mode: mode, perSampleWeights: factors, includeLastOffset: includesLast, paddingIdx: padding))
    },
    "feature_alpha_dropout": { call in
      .tensor(
        try call.receiver.featureAlphaDropout(p: try call.double(1, "p") ?? 0.5, training: try call.bool(2, "training") ?? false))
    },
    "multi_head_attention_forward": { call in
      let (output, weights) = F.multiHeadAttentionForward(
        try call.tensor(0, "query"), try call.tensor(1, "key"), try call.tensor(2, "value"),
        embedDimToCheck: try call.int(3, "embed_dim_to_check"), numHeads: try call.required(call.int(4, "num_heads"), "num_heads"),
        inProj: try call.inputProjection, biasK: try call.optionalTensor(7, "bias_k"), biasV: try call.optionalTensor(8, "bias_v"),
        addZeroAttn: try call.bool(9, "add_zero_attn") ?? false, dropoutP: try call.double(10, "dropout_p") ?? 0,
        outProjWeight: try call.tensor(11, "out_proj_weight"), outProjBias: try call.optionalTensor(12, "out_proj_bias"),
        training: try call.bool(13, "training") ?? true, keyPaddingMask: try call.optionalTensor(14, "key_padding_mask"),
        needWeights: try call.bool(15, "need_weights") ?? true, attnMask: try call.optionalTensor(16, "attn_mask"),
        staticK: try call.optionalTensor(21, "static_k"), staticV: try call.optionalTensor(22, "static_v"),
        averageAttnWeights: try call.bool(23, "average_attn_weights") ?? true, isCausal: try call.bool(24, "is_causal") ?? false)
      return .tuple([.tensor(output), .optional(weights)])
    },
    "one_hot": { .tensor(F.oneHot(try $0.receiver, numClasses: try $0.int(1, "num_classes") ?? -1)) },
    "rrelu": { call in
      .tensor(
        try call.receiver.rrelu(
          lower: try call.double(1, "lower") ?? 1.0 / 8, upper: try call.double(2, "upper") ?? 1.0 / 3,
          training: try call.bool(3, "training") ?? false))
    },
    "scaled_dot_product_attention": { call in
      .tensor(
        F.scaledDotProductAttention(
          try call.tensor(0, "query"), try call.tensor(1, "key"), try call.tensor(2, "value"),
          attnMask: try call.optionalTensor(3, "attn_mask"), dropoutP: try call.double(4, "dropout_p") ?? 0,
          isCausal: try call.bool(5, "is_causal") ?? false, scale: try call.double(-1, "scale"),
          enableGQA: try call.bool(-1, "enable_gqa") ?? false))
    },
  ]
}

extension Call {
  /// The table of an embedding, which the call may change.
  fileprivate var table: Reference {
    get throws {
      guard case .tensor(let reference)? = self[1, "weight"] else { throw Unfit("operation \(operation) without a table") }
      return reference
    }
  }

  /// Lengths as a tensor or as a list.
  fileprivate func lengths(_ index: Int, _ name: String) throws -> Tensor {
    if let tensor = self[index, name]?.tensor { return tensor }
    return Tensor(try required(ints(index, name), name))
  }

  fileprivate func bagMode(_ index: Int) throws -> F.BagMode {
    switch try string(index, "mode") ?? "mean" {
    case "sum": .sum
    case "mean": .mean
    case "max": .max
    case let name: throw Unfit("mode \(name)")
    }
  }

  fileprivate var inputProjection: F.InputProjection {
    get throws {
      let bias = try optionalTensor(6, "in_proj_bias")
      guard try bool(17, "use_separate_proj_weight") ?? false else { return .packed(try tensor(5, "in_proj_weight"), bias: bias) }
      return .separate(
        query: try tensor(18, "q_proj_weight"), key: try tensor(19, "k_proj_weight"), value: try tensor(20, "v_proj_weight"),
        bias: bias)
    }
  }
}
