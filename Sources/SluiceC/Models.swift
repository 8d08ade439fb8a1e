// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceBlob
import _SluiceSystem

@c @implementation
public func sluice_open_file(
  _ path: UnsafePointer<CChar>!, _ options: UnsafePointer<sluice_options>!,
  _ model: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  unsafe opening(options, model, error) { options throws(Failure) in
    guard let path = unsafe path else { throw .argument("The path is NULL") }
    do throws(ModelError) {
      return unsafe try Model(path: path, options: options)
    } catch {
      throw Failure(error)
    }
  }
}

@c @implementation
public func sluice_open_memory(
  _ bytes: UnsafeRawPointer!, _ size: Int, _ options: UnsafePointer<sluice_options>!,
  _ model: UnsafeMutablePointer<OpaquePointer?>!, _ error: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  unsafe opening(options, model, error) { options throws(Failure) in
    guard let bytes = unsafe bytes else { throw .argument("The bytes are NULL") }
    guard size >= 0 else { throw .argument("The size is out of its range") }
    if options.memory == .mapped && UInt(bitPattern: bytes) % 64 != 0 {
      throw .argument("The bytes do not start at a multiple of 64: add SLUICE_OPEN_COPY")
    }
    if options.memory == .mapped && options.locking {
      throw .argument("Borrowed bytes are not locked: add SLUICE_OPEN_COPY or SLUICE_OPEN_SEALED")
    }
    do throws(ModelError) {
      return unsafe try Model(
        bytes: UnsafeRawBufferPointer(start: bytes, count: size), options: options)
    } catch {
      throw Failure(error)
    }
  }
}

@c @implementation
public func sluice_close(_ model: OpaquePointer!) {
  guard let model = unsafe model.map({ unsafe UnsafeMutablePointer<Model>($0) }) else { return }
  unsafe model.deinitialize(count: 1)
  unsafe free(model)
}

@c @implementation
public func sluice_input_size(_ model: OpaquePointer!) -> Int {
  unsafe model == nil ? 0 : UnsafePointer<Model>(model).pointee.inputSize
}

@c @implementation
public func sluice_output_size(_ model: OpaquePointer!) -> Int {
  unsafe model == nil ? 0 : UnsafePointer<Model>(model).pointee.outputSize
}

@c @implementation
public func sluice_reads_tokens(_ model: OpaquePointer!) -> Bool {
  unsafe model == nil ? false : UnsafePointer<Model>(model).pointee.readsTokens
}

@c @implementation
public func sluice_yields_last(_ model: OpaquePointer!) -> Bool {
  unsafe model == nil ? false : UnsafePointer<Model>(model).pointee.output == .last
}

@c @implementation
public func sluice_model_hash(_ model: OpaquePointer!) -> UInt64 {
  unsafe model == nil ? 0 : UnsafePointer<Model>(model).pointee.hash
}

@c @implementation
public func sluice_model_isa(_ model: OpaquePointer!) -> sluice_isa {
  unsafe model == nil ? SLUICE_ISA_BEST : UnsafePointer<Model>(model).pointee.instructionSet.c
}

/// Puts what `open` returns into memory of its own, for `model` to point to.
private func opening(
  _ options: UnsafePointer<sluice_options>?, _ model: UnsafeMutablePointer<OpaquePointer?>?,
  _ report: UnsafeMutablePointer<sluice_error>?,
  _ open: (Model.Options) throws(Failure) -> Model
) -> sluice_status {
  do throws(Failure) {
    guard let model = unsafe model else { throw .argument("The place for the model is NULL") }
    unsafe model.pointee = nil
    let options = unsafe try Model.Options(options)
    // First, so that nothing is opened where there is no memory to keep it.
    guard let memory = unsafe sluice_allocate(MemoryLayout<Model>.size) else {
      throw Failure(SLUICE_OUT_OF_MEMORY)
    }
    let opened = unsafe memory.assumingMemoryBound(to: Model.self)
    do throws(Failure) {
      unsafe opened.initialize(to: try open(options))
    } catch {
      unsafe free(memory)
      throw error
    }
    unsafe model.pointee = OpaquePointer(opened)
    return SLUICE_OK
  } catch {
    return unsafe error.report(to: report)
  }
}
