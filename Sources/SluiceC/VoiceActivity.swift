// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation
// What these functions do is documented in sluice.h.

import CSluice
import Sluice
import SluiceSignal
import _SluiceSystem

/// What a `sluice_vad_t *` points to: this, and behind it frame and stream.
struct OpenVAD: ~Copyable {
  var activity: VoiceActivity
  /// Whether the memory came from us.
  let ownsMemory: Bool

  /// Bytes before the rest: a whole number of lines.
  static var headSize: Int { (MemoryLayout<OpenVAD>.size &+ 63) / 64 &* 64 }

  /// Bytes of all; nil where the model is none for it.
  static func byteCount(of model: borrowing Model) -> Int? {
    guard let count = VoiceActivity.byteCount(of: model), count < Int.max &- headSize else {
      return nil
    }
    return count &+ headSize
  }

  /// Begins a signal in memory of that size; NULL where the model is none for it.
  static func make(
    in memory: UnsafeMutableRawPointer, owned: Bool, _ model: borrowing Model,
    _ settings: SpeechSettings
  ) -> OpaquePointer? {
    guard
      let activity = unsafe VoiceActivity(
        unchecked: settings, model, at: memory + headSize, owned: false)
    else { return nil }
    let open = unsafe memory.bindMemory(to: OpenVAD.self, capacity: 1)
    unsafe open.initialize(to: OpenVAD(activity: activity, ownsMemory: owned))
    return OpaquePointer(open)
  }
}

@c @implementation
public func sluice_vad_size(_ model: OpaquePointer!) -> Int {
  guard let model = unsafe model else { return 0 }
  return unsafe OpenVAD.byteCount(of: UnsafePointer<Model>(model).pointee) ?? 0
}

@c @implementation
public func sluice_vad_create(
  _ model: OpaquePointer!, _ options: UnsafePointer<sluice_vad_options>!,
  _ vad: UnsafeMutablePointer<OpaquePointer?>!, _ report: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, vad) = unsafe creating(vad, of: model, report) else {
    return SLUICE_BAD_ARGUMENT
  }
  do throws(Failure) {
    let settings = unsafe try SpeechSettings(options)
    let size = unsafe try UnsafePointer<Model>(model).pointee.vadByteCount()
    if let excess = unsafe UnsafePointer<Model>(model).pointee.excess(streamOf: 1) {
      throw Failure(excess)
    }
    guard let memory = unsafe sluice_allocate(size) else { throw Failure(SLUICE_OUT_OF_MEMORY) }
    unsafe vad.pointee = unsafe OpenVAD.make(
      in: memory, owned: true, UnsafePointer<Model>(model).pointee, settings)
    return SLUICE_OK
  } catch { return unsafe error.report(to: report) }
}

@c @implementation
public func sluice_vad_init(
  _ model: OpaquePointer!, _ options: UnsafePointer<sluice_vad_options>!,
  _ memory: UnsafeMutableRawPointer!, _ size: Int, _ vad: UnsafeMutablePointer<OpaquePointer?>!,
  _ report: UnsafeMutablePointer<sluice_error>!
) -> sluice_status {
  guard let (model, vad) = unsafe creating(vad, of: model, report),
    let memory = unsafe adopting(memory, report)
  else { return SLUICE_BAD_ARGUMENT }
  do throws(Failure) {
    let settings = unsafe try SpeechSettings(options)
    guard unsafe try UnsafePointer<Model>(model).pointee.vadByteCount() <= size else {
      throw .argument("The memory is smaller than sluice_vad_size")
    }
    unsafe vad.pointee = unsafe OpenVAD.make(
      in: memory, owned: false, UnsafePointer<Model>(model).pointee, settings)
    return SLUICE_OK
  } catch { return unsafe error.report(to: report) }
}

@c @implementation
public func sluice_vad_destroy(_ vad: OpaquePointer!) {
  guard let vad = unsafe openedVAD(vad) else { return }
  let owned = unsafe vad.pointee.ownsMemory
  unsafe vad.deinitialize(count: 1)
  if owned { unsafe free(vad) }
}

@c @implementation
public func sluice_vad_sample_rate(_ vad: OpaquePointer!) -> Int {
  unsafe openedVAD(vad)?.pointee.activity.frame.rate ?? 0
}

@c @implementation
public func sluice_vad_hop(_ vad: OpaquePointer!) -> Int {
  unsafe openedVAD(vad)?.pointee.activity.frame.hop ?? 0
}

@c @implementation
public func sluice_vad_push_f32(
  _ vad: OpaquePointer!, _ samples: UnsafePointer<Float>!, _ count: Int,
  _ taken: UnsafeMutablePointer<Int>!, _ event: UnsafeMutablePointer<sluice_vad_event>!
) -> sluice_status {
  unsafe push(vad, samples, count, taken, event) { $0 }
}

@c @implementation
public func sluice_vad_push_s16(
  _ vad: OpaquePointer!, _ samples: UnsafePointer<Int16>!, _ count: Int,
  _ taken: UnsafeMutablePointer<Int>!, _ event: UnsafeMutablePointer<sluice_vad_event>!
) -> sluice_status {
  unsafe push(vad, samples, count, taken, event) { Float($0) * 0x1p-15 }
}

@c @implementation
public func sluice_vad_flush(
  _ vad: OpaquePointer!, _ event: UnsafeMutablePointer<sluice_vad_event>!
) -> sluice_status {
  guard let vad = unsafe openedVAD(vad), let event = unsafe event, unsafe isKnown(event) else {
    return SLUICE_BAD_ARGUMENT
  }
  if unsafe vad.pointee.activity.complete() { return unsafe vad.pointee.tell(event) }
  unsafe event.pointee.what = 0
  if let segment = unsafe vad.pointee.activity.lastSegment() {
    unsafe event.pointee.tell(segment)
  }
  return SLUICE_OK
}

@c @implementation
public func sluice_vad_reset(_ vad: OpaquePointer!) {
  unsafe openedVAD(vad)?.pointee.activity.reset()
}

/// Takes samples up to the end of a frame.
@inline(__always)
private func push<Sample>(
  _ vad: OpaquePointer?, _ samples: UnsafePointer<Sample>?, _ count: Int,
  _ taken: UnsafeMutablePointer<Int>?, _ event: UnsafeMutablePointer<sluice_vad_event>?,
  _ value: (Sample) -> Float
) -> sluice_status {
  guard let vad = unsafe openedVAD(vad), let samples = unsafe samples, let taken = unsafe taken,
    let event = unsafe event, count >= 0, unsafe isKnown(event),
    UInt(bitPattern: samples) & UInt(MemoryLayout<Sample>.alignment &- 1) == 0
  else { return SLUICE_BAD_ARGUMENT }
  var index = 0
  while index < count {
    let isFrame = unsafe vad.pointee.activity.append(value(samples[index]))
    index &+= 1
    if isFrame {
      unsafe taken.pointee = index
      return unsafe vad.pointee.tell(event)
    }
  }
  unsafe taken.pointee = count
  unsafe event.pointee.what = 0
  return SLUICE_OK
}

/// Whether the caller's event has the fields of this version: there is none earlier.
private func isKnown(_ event: UnsafeMutablePointer<sluice_vad_event>) -> Bool {
  unsafe event.pointee.size >= MemoryLayout<sluice_vad_event>.size
}

extension OpenVAD {
  /// What the last frame gave.
  fileprivate mutating func tell(_ event: UnsafeMutablePointer<sluice_vad_event>) -> sluice_status {
    unsafe event.pointee.what = 0
    guard activity.isFinite else { return SLUICE_NOT_FINITE }
    unsafe event.pointee.what = SLUICE_VAD_FRAME | (activity.isSpeaking ? SLUICE_VAD_SPEECH : 0)
    unsafe event.pointee.probability = activity.probability
    if let segment = activity.nextSegment() { unsafe event.pointee.tell(segment) }
    return SLUICE_OK
  }
}

extension sluice_vad_event {
  fileprivate mutating func tell(_ segment: Range<Int>) {
    what |= SLUICE_VAD_SEGMENT
    start = UInt64(truncatingIfNeeded: segment.lowerBound)
    end = UInt64(truncatingIfNeeded: segment.upperBound)
  }
}

extension Model {
  /// Bytes of a signal; a failure that says what is missing where the model is none for it.
  fileprivate borrowing func vadByteCount() throws(Failure) -> Int {
    guard SpeechFrame(of: self) != nil else {
      throw Failure(
        SLUICE_NO_METADATA,
        """
        The model's metadata do not say "task": "voice-activity", with sample_rate, hop and context \
        that fit what it reads
        """)
    }
    guard let size = OpenVAD.byteCount(of: self) else { throw Failure(SLUICE_OUT_OF_MEMORY) }
    return size
  }
}

extension SpeechSettings {
  /// What a program's options say, of whatever version they are; the usual ones for NULL.
  fileprivate init(_ options: UnsafePointer<sluice_vad_options>?) throws(Failure) {
    self.init()
    guard let options = unsafe options else { return }
    var known = sluice_vad_options()
    let size = MemoryLayout<sluice_vad_options>.size
    unsafe try copyOptions(
      options, to: &known, size: size, leastSize: size,
      "The size of the options is not sizeof(sluice_vad_options)")
    guard known.reserved == 0 else { throw .argument("A reserved field is not 0") }
    // Thresholds may be denormal or NaN.
    let caller = sluice_begin_floats()
    defer { sluice_end_floats(caller) }
    if known.threshold != 0 { threshold = known.threshold }
    if known.neg_threshold != 0 { endThreshold = known.neg_threshold }
    minimalSpeech = Self.duration(known.min_speech_duration_ms, or: minimalSpeech)
    minimalSilence = Self.duration(known.min_silence_duration_ms, or: minimalSilence)
    padding = Self.duration(known.speech_pad_ms, or: padding)
    guard isUsable else {
      throw .argument(
        "A threshold is no probability, the second one above the first, or a duration over an hour")
    }
  }

  /// 0 stands for the usual duration, -1 for none; anything else below 0 is unusable.
  private static func duration(_ value: Int32, or usual: Int) -> Int {
    value == 0 ? usual : value == SLUICE_VAD_NONE ? 0 : Int(value)
  }
}

/// The signal behind a handle; nil for NULL.
@inline(__always)
func openedVAD(_ vad: OpaquePointer?) -> UnsafeMutablePointer<OpenVAD>? {
  unsafe vad.map { unsafe UnsafeMutablePointer<OpenVAD>($0) }
}
