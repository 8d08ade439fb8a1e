extension Report {
  /// The report as one page that needs nothing else.
  var page: String {
    let figures = (sizePlots + histograms).map { "<figure>\n\($0.svg)</figure>\n" }
    let absent = absences.map { "<li>\($0.escaped)</li>\n" }
    return """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>Sluice: benchmark</title>
      <style>
      \(Report.style)
      </style></head><body><main>
      <h1>Sluice: benchmark</h1>
      \(head.map { "<p>\($0.escaped)</p>" }.joined(separator: "\n"))
      <p><b>\(summary)</b></p>
      <p class="note">The limit is the time in which this machine, in this run, reads the same
      weights in the better of two directions and does nothing else (for a block: the hidden
      state's part, and the arithmetic of the inputs' part). Peers are those on record, scaled by
      the clock. Disturbed: the median is more than 15 % above the least, or others had the core
      while long calls were timed.</p>
      <h2>Plots</h2>
      \(figures.joined())
      <h2>Tables</h2>
      \(tables.map(\.html).joined())
      \(bandwidths.html)
      <ul>\(absent.joined())</ul>
      </main></body></html>

      """
  }

  private static let style = """
    :root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --paper: #fff;
      --grid: #dfe3e8; --sluice: #0b66d0; --least: #57a6f5; --target: #12803c; --peer: #c2410c;
      --limit: #6b7280; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #a2abb5;
      --paper: #0f1318; --grid: #2c333c; --sluice: #5aa9ff; --least: #2f6fb5; --target: #4cc46f;
      --peer: #ff9b5e; --limit: #9aa4af; } }
    body { background: var(--paper); color: var(--ink); margin: 0;
      font: 15px/1.5 system-ui, "Liberation Sans", "DejaVu Sans", sans-serif; }
    main { max-width: 1240px; margin: 0 auto; padding: 16px; }
    .note, caption { color: var(--soft); font-size: 13px; }
    figure { margin: 20px 0; } svg { width: 100%; height: auto; display: block; }
    svg text { font: 12px system-ui, "Liberation Sans", "DejaVu Sans", sans-serif;
      fill: var(--ink); }
    svg .title { font-size: 14px; font-weight: 600; } svg .axis { fill: var(--soft); }
    .grid { stroke: var(--grid); } .mark { stroke: var(--peer); stroke-dasharray: 2 3; }
    .bar { fill: var(--sluice); } .line { fill: none; stroke-width: 2; }
    .dashed { stroke-dasharray: 6 4; }
    .line.sluice { stroke: var(--sluice); stroke-width: 2.5; } .dot.sluice { fill: var(--sluice); }
    .line.least { stroke: var(--least); } .dot.least { fill: var(--least); }
    .line.target { stroke: var(--target); } .dot.target { fill: var(--target); }
    .line.peer { stroke: var(--peer); } .dot.peer { fill: var(--peer); }
    .line.limit { stroke: var(--limit); } .dot.limit { fill: var(--limit); }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
    th, td { padding: 3px 9px; text-align: right; border-bottom: 1px solid var(--grid);
      white-space: nowrap; }
    th { color: var(--soft); font-weight: 600; } .l { text-align: left; }
    h3 { margin: 26px 0 0; } h3 + .note { margin: 0 0 6px; }
    td.v-pass { color: var(--target); } td.v-miss { color: var(--peer); font-weight: 600; }
    """
}
