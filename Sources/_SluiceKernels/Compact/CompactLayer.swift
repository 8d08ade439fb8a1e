import _SluiceContract

/// A compact layer of the plan. Its fields are read where they are needed: read all together, as those of
/// a value are, they would fill the stack.
@safe struct CompactLayer {
  let plan: UnsafePointer<sluice_layer>
  /// The plan's, as a constant.
  let storage: sluice_storage

  @inline(always) var compact: sluice_compact { unsafe plan.pointee.compact }
  @inline(always) var input_size: Int { unsafe plan.pointee.input_size }
  @inline(always) var output_size: Int { unsafe plan.pointee.output_size }
  @inline(always) var stride: Int { unsafe plan.pointee.stride }
}
