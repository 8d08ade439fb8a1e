import SluiceBlob

extension Network {
  /// What distinguishes a recurrent layer from the plain one: nothing, unless told.
  public struct CellForm: Sendable, Hashable {
    /// LSTM: of i, f and o; GRU: of r and z.
    public var gateActivation = Function.sigmoid
    /// LSTM: of g; GRU: of n. An Elman network has its function in its cell.
    public var candidateActivation = Function.tanh
    /// LSTM: of C on its way to h.
    public var outputActivation = Function.tanh
    /// What every sum is limited to before its activation, [-clip, clip]; nil for no limit.
    public var clip: Float?
    /// LSTM: what C is limited to, [-cellClip, cellClip], before anything reads it; nil for no limit.
    public var cellClip: Float?
    /// LSTM with a projection: what h is limited to, likewise.
    public var projectionClip: Float?
    /// LSTM: whether f = 1 - i.
    public var isCoupled = false
    /// LSTM: weights from C to i, f and o, `[3 * H]`; i and f see C(t-1), o sees C(t).
    public var peepholes: [Float]?
    /// LSTM: P of h = P (o * tanh C), `[O, H]`.
    public var projection: [Float]?
    /// Whether the layer reads from the last step to the first.
    public var isReverse = false
    /// Whether the layer writes the state in which it ends at every step: one that reads backwards
    /// what stands beside the last step of a layer that reads forwards, one that reads forwards what a
    /// decoder reads at each of its steps.
    public var writesFinalState = false
    /// Whether steps whose last feature is 0 are passed over: h and C stay, and h is the output.
    public var isMasked = false

    /// The plain form.
    public init() {}
  }
}
