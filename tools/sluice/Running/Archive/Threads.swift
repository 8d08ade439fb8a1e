import Glibc

/// Threads that share work.
enum Threads {
  private final class Work: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `work` on `count` threads at once, this one among them, and waits for all. Where the system gives fewer,
  /// those do it.
  static func run(_ count: Int, _ work: @escaping @Sendable () -> Void) {
    var threads: [pthread_t] = []
    while threads.count < count - 1 {
      let context = unsafe Unmanaged.passRetained(Work(work))
      var thread = pthread_t()
      let failure = unsafe pthread_create(
        &thread, nil,
        { context in
          unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
          return nil
        }, context.toOpaque())
      guard failure == 0 else {
        unsafe context.release()
        break
      }
      threads.append(thread)
    }
    work()
    for thread in threads { pthread_join(thread, nil) }
  }
}
