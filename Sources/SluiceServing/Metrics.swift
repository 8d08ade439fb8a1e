import _SluiceServing

extension Control {
  /// Everything that was counted, in Prometheus' text format 0.0.4.
  var metricsText: String {
    var text = MetricsText()
    func sum(
      _ name: String, _ help: String, kind: String = "counter",
      _ field: (inout sluice_counters) -> UInt64
    ) {
      text.family(name, kind, help)
      text.value(name, Double(total(field)))
    }
    sum("sluice_requests_total", "Messages that were taken.") {
      unsafe sluice_counted(&$0.requests)
    }
    sum("sluice_steps_total", "Rows that streams have taken.") { unsafe sluice_counted(&$0.steps) }
    sum(
      "sluice_deadline_misses_total",
      "Step requests answered after the deadline of one of their streams."
    ) { unsafe sluice_counted(&$0.deadline_misses) }
    sum("sluice_connections", "Open connections.", kind: "gauge") {
      unsafe sluice_counted(&$0.connections)
    }
    sum("sluice_connections_total", "Connections that were made.") {
      unsafe sluice_counted(&$0.accepted)
    }
    sum(
      "sluice_unread_connections_total",
      "Connections that were closed because their replies were not read."
    ) { unsafe sluice_counted(&$0.deaf) }
    busy(&text)
    refusals(&text)
    latencies(&text)
    models(&text)
    return text.text
  }

  /// Of all threads.
  private func total(_ field: (inout sluice_counters) -> UInt64) -> UInt64 {
    (0..<settings.threadCount).reduce(0) { sum, thread in
      unsafe sum &+ field(&counters[thread])
    }
  }

  private func busy(_ text: inout MetricsText) {
    let name = "sluice_busy_seconds_total"
    text.family(name, "counter", "Seconds that a thread spent on requests.")
    for thread in 0..<settings.threadCount {
      text.value(
        name, [("thread", "\(thread)")],
        unsafe Double(sluice_counted(&counters[thread].busy)) / 1e9)
    }
  }

  private func refusals(_ text: inout MetricsText) {
    let name = "sluice_refusals_total"
    text.family(name, "counter", "Messages, and streams of messages, that were refused, by why.")
    for outcome in 1..<sluice_outcome_count.rawValue {
      let count = total { counters in
        unsafe withUnsafeMutableBytes(of: &counters.refusals) {
          unsafe sluice_counted(
            $0.baseAddress!.assumingMemoryBound(to: UInt64.self) + Int(outcome))
        }
      }
      text.value(name, [("why", sluice_outcome(outcome).name)], Double(count))
    }
  }

  private func latencies(_ text: inout MetricsText) {
    let name = "sluice_request_seconds"
    text.family(name, "histogram", "From when a step request was sent to when its reply was.")
    var count: UInt64 = 0
    for bucket in 0...Latency.bounds.count {
      count &+= total { counters in
        unsafe withUnsafeMutableBytes(of: &counters.latencies) {
          unsafe sluice_counted($0.baseAddress!.assumingMemoryBound(to: UInt64.self) + bucket)
        }
      }
      let bound =
        bucket < Latency.bounds.count ? "\(Double(Latency.bounds[bucket]) / 1e6)" : "+Inf"
      text.value(name + "_bucket", [("le", bound)], Double(count))
    }
    let sum = total { unsafe sluice_counted(&$0.latency_sum) }
    text.value(name + "_sum", Double(sum) / 1e9)
    text.value(name + "_count", Double(count))
  }

  private func models(_ text: inout MetricsText) {
    let names = registry.names.map { [("model", $0)] }
    text.family(
      "sluice_model_info", "gauge",
      "The model that runs: the blob's own hash, SHA-256 of its bytes.")
    for (index, model) in served.enumerated() {
      let hash = String(model.model.hash, radix: 16)
      text.value(
        "sluice_model_info",
        names[index] + [
          ("hash", String(repeating: "0", count: 16 - hash.count) + hash), ("sha256", model.sum),
          ("version", "\(model.generation)"),
        ], 1)
    }
    func each(_ name: String, _ kind: String, _ help: String, _ value: (Int) -> Double) {
      text.family(name, kind, help)
      for index in names.indices { text.value(name, names[index], value(index)) }
    }
    each("sluice_reloads_total", "counter", "Models that took over.") { Double(reloads[$0]) }
    each("sluice_reloads_refused_total", "counter", "Files that could not take over.") {
      Double(refusedReloads[$0])
    }
    let counts = names.indices.map { registry.counts($0) }
    each("sluice_streams_open", "gauge", "Streams that a connection has open.") {
      Double(counts[$0].open)
    }
    each("sluice_streams_kept", "gauge", "Named streams that nobody has open.") {
      Double(counts[$0].kept)
    }
    each("sluice_streams_limit", "gauge", "Streams that there is room for.") { _ in
      Double(settings.streamCount)
    }
    drifts(names, &text)
  }

  private func drifts(_ names: [[(String, String)]], _ text: inout MetricsText) {
    func each(
      _ name: String, _ kind: String, _ help: String, _ field: (inout sluice_drift) -> Double
    ) {
      text.family(name, kind, help)
      for model in names.indices {
        let sum = (0..<settings.threadCount).reduce(0) { sum, thread in
          unsafe sum + field(&drift[model * settings.threadCount + thread])
        }
        text.value(name, names[model], sum)
      }
    }
    each(
      "sluice_sampled_input_values_total", "counter",
      "Input values that were looked at: of one row in each batch."
    ) { unsafe Double(sluice_counted(&$0.inputs)) }
    each("sluice_sampled_input_sum", "gauge", "Their sum.") { unsafe sluice_noted(&$0.input_sum) }
    each("sluice_sampled_input_squares", "gauge", "The sum of their squares.") {
      unsafe sluice_noted(&$0.input_squares)
    }
    each(
      "sluice_sampled_output_values_total", "counter",
      "Output values that were looked at, of the same rows."
    ) { unsafe Double(sluice_counted(&$0.outputs)) }
    each("sluice_sampled_output_sum", "gauge", "Their sum.") { unsafe sluice_noted(&$0.output_sum) }
    each("sluice_sampled_output_squares", "gauge", "The sum of their squares.") {
      unsafe sluice_noted(&$0.output_squares)
    }
  }
}

/// Lines of Prometheus' text format.
struct MetricsText {
  private(set) var text = ""

  mutating func family(_ name: String, _ kind: String, _ help: String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind)\n"
  }

  mutating func value(_ name: String, _ value: Double) { self.value(name, [], value) }

  mutating func value(_ name: String, _ labels: [(String, String)], _ value: Double) {
    let inner = labels.map { "\($0.0)=\"\($0.1)\"" }.joined(separator: ",")
    let number = value.magnitude < 1e15 && value == value.rounded() ? "\(Int64(value))" : "\(value)"
    text += name + (inner.isEmpty ? " " : "{\(inner)} ") + number + "\n"
  }
}
