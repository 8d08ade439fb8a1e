// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import _SluiceSystem

@c @implementation
public func sluice_workspace_size(_ model: OpaquePointer!, _ rows: Int) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe StreamWorkspace.byteCount(of: UnsafePointer<Model>(model).pointee, rows: rows) ?? 0
}

@c @implementation
public func sluice_workspace_create(
  _ model: OpaquePointer!, _ rows: Int, _ workspace: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, place) = unsafe creating(workspace, of: model, error) else {
    return SLUICE_BAD_ARGUMENT
  }
  if rows == 0 { return unsafe Failure.argument(noRows).report(to: error) }
  if let excess = unsafe UnsafePointer<Model>(model).pointee.excess(workspaceOf: rows) {
    return unsafe Failure(excess).report(to: error)
  }
  guard
    let count = unsafe StreamWorkspace.byteCount(
      of: UnsafePointer<Model>(model).pointee, rows: rows),
    let memory = unsafe sluice_allocate(count)
  else { return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: error) }
  unsafe place.pointee = unsafe opened(
    UnsafePointer<Model>(model).pointee, rows, at: memory, count, owned: true)
  return SLUICE_OK
}

@c @implementation
public func sluice_workspace_init(
  _ model: OpaquePointer!, _ rows: Int, _ memory: UnsafeMutableRawPointer!, _ size: Int,
  _ workspace: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, place) = unsafe creating(workspace, of: model, error),
    let memory = unsafe adopting(memory, error)
  else { return SLUICE_BAD_ARGUMENT }
  if rows == 0 { return unsafe Failure.argument(noRows).report(to: error) }
  guard
    let count = unsafe StreamWorkspace.byteCount(
      of: UnsafePointer<Model>(model).pointee, rows: rows), count <= size
  else {
    return unsafe Failure.argument("The memory is smaller than sluice_workspace_size")
      .report(to: error)
  }
  unsafe place.pointee = unsafe opened(
    UnsafePointer<Model>(model).pointee, rows, at: memory, count, owned: false)
  return SLUICE_OK
}

@c @implementation
public func sluice_workspace_destroy(_ workspace: OpaquePointer!) {
  guard let workspace = unsafe workspace else { return }
  unsafe sluice_workspace_release(UnsafeMutablePointer<sluice_workspace>(workspace))
}

@c @implementation
public func sluice_stream_size_shared(_ model: OpaquePointer!) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe OpenStream.byteCountWithoutWorkspace(of: UnsafePointer<Model>(model).pointee)
}

@c @implementation
public func sluice_stream_create_shared(
  _ model: OpaquePointer!, _ workspace: OpaquePointer!,
  _ stream: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, stream) = unsafe creating(stream, of: model, error),
    let workspace = unsafe sharing(workspace, of: model, error)
  else { return SLUICE_BAD_ARGUMENT }
  let count = unsafe OpenStream.byteCountWithoutWorkspace(of: UnsafePointer<Model>(model).pointee)
  guard let memory = unsafe sluice_allocate(count) else {
    return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: error)
  }
  unsafe stream.pointee = unsafe OpenStream.make(
    in: memory, owned: true, UnsafePointer<Model>(model).pointee, sharing: workspace)
  return SLUICE_OK
}

@c @implementation
public func sluice_stream_init_shared(
  _ model: OpaquePointer!, _ workspace: OpaquePointer!, _ memory: UnsafeMutableRawPointer!,
  _ size: Int, _ stream: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, stream) = unsafe creating(stream, of: model, error),
    let workspace = unsafe sharing(workspace, of: model, error),
    let memory = unsafe adopting(memory, error)
  else { return SLUICE_BAD_ARGUMENT }
  guard
    unsafe OpenStream.byteCountWithoutWorkspace(of: UnsafePointer<Model>(model).pointee) <= size
  else {
    return unsafe Failure.argument("The memory is smaller than sluice_stream_size_shared")
      .report(to: error)
  }
  unsafe stream.pointee = unsafe OpenStream.make(
    in: memory, owned: false, UnsafePointer<Model>(model).pointee, sharing: workspace)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_size_shared(_ model: OpaquePointer!, _ count: Int) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe OpenBatch.byteCountWithoutWorkspace(
    of: UnsafePointer<Model>(model).pointee, count: count) ?? 0
}

@c @implementation
public func sluice_batch_create_shared(
  _ model: OpaquePointer!, _ workspace: OpaquePointer!, _ count: Int,
  _ batch: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, batch) = unsafe creating(batch, of: model, error),
    let workspace = unsafe sharing(workspace, of: model, error)
  else { return SLUICE_BAD_ARGUMENT }
  if let failure = unsafe refusal(of: count, UnsafePointer<Model>(model).pointee, in: workspace) {
    return unsafe failure.report(to: error)
  }
  guard
    let size = unsafe OpenBatch.byteCountWithoutWorkspace(
      of: UnsafePointer<Model>(model).pointee, count: count),
    let memory = unsafe sluice_allocate(size)
  else { return unsafe Failure(SLUICE_OUT_OF_MEMORY).report(to: error) }
  unsafe batch.pointee = unsafe OpenBatch.make(
    in: memory, byteCount: size, owned: true, UnsafePointer<Model>(model).pointee, count: count,
    sharing: workspace)
  return SLUICE_OK
}

@c @implementation
public func sluice_batch_init_shared(
  _ model: OpaquePointer!, _ workspace: OpaquePointer!, _ count: Int,
  _ memory: UnsafeMutableRawPointer!, _ size: Int, _ batch: UnsafeMutablePointer<OpaquePointer?>!,
  _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, batch) = unsafe creating(batch, of: model, error),
    let workspace = unsafe sharing(workspace, of: model, error),
    let memory = unsafe adopting(memory, error)
  else { return SLUICE_BAD_ARGUMENT }
  if let failure = unsafe refusal(of: count, UnsafePointer<Model>(model).pointee, in: workspace) {
    return unsafe failure.report(to: error)
  }
  guard
    let needed = unsafe OpenBatch.byteCountWithoutWorkspace(
      of: UnsafePointer<Model>(model).pointee, count: count), needed <= size
  else {
    return unsafe Failure.argument("The memory is smaller than sluice_batch_size_shared")
      .report(to: error)
  }
  unsafe batch.pointee = unsafe OpenBatch.make(
    in: memory, byteCount: needed, owned: false, UnsafePointer<Model>(model).pointee,
    count: count, sharing: workspace)
  return SLUICE_OK
}

/// A workspace in as many bytes as it has, held by whoever gets its handle.
private func opened(
  _ model: borrowing Model, _ rows: Int, at memory: UnsafeMutableRawPointer, _ count: Int,
  owned: Bool
) -> OpaquePointer {
  unsafe OpaquePointer(
    StreamWorkspace(model, rows: rows, at: memory, byteCount: count, owned: owned).heldHead())
}

private var noRows: StaticString { "A workspace has at least one row" }

/// One more holder of the workspace behind a handle. Nil, with a report, where it is none of that model.
func sharing(
  _ workspace: OpaquePointer?, of model: OpaquePointer,
  _ error: UnsafeMutablePointer<sluice_error>?
) -> StreamWorkspace? {
  guard let workspace = unsafe workspace else {
    _ = unsafe Failure.argument("The workspace is NULL").report(to: error)
    return nil
  }
  let shared = unsafe StreamWorkspace(sharing: UnsafeMutableRawPointer(workspace))
  guard unsafe shared.isOf(UnsafePointer<Model>(model).pointee) else {
    _ = unsafe Failure.argument("The workspace is of another model").report(to: error)
    return nil
  }
  return shared
}

/// Why there is no batch of so many streams in a workspace, if there is none.
private func refusal(
  of count: Int, _ model: borrowing Model, in workspace: borrowing StreamWorkspace
) -> Failure? {
  if let failure = refusal(of: count, model) { return failure }
  if count < 0 { return Failure(SLUICE_OUT_OF_MEMORY) }
  return count <= workspace.rows ? nil : .argument("The workspace has fewer rows than that")
}
