import Sluice
import _SluiceServing

extension Control {
  /// Opens models' files anew, and steps their streams by them from the next round on, each from where it is. A file
  /// that cannot take over changes nothing.
  func reload(_ models: [Int]) {
    guard !models.isEmpty else { return }
    manager.reloading()
    for model in models {
      let name = settings.models[model].name
      do throws(ServingError) {
        try reload(model)
      } catch {
        refusedReloads[model] += 1
        Log.say(.error, "\(name): the model that runs is kept: \(error.message)")
      }
    }
    manager.ready(
      "reloaded: "
        + zip(settings.models, served).map { "\($0.name) \($1.sum.prefix(12)) (\($1.generation))" }
        .joined(separator: ", "))
  }

  private func reload(_ model: Int) throws(ServingError) {
    let file = settings.models[model]
    let allowed = try settings.allowedSums.map { (path) throws(ServingError) in
      try ServedModel.allowedSums(path)
    }
    let fresh = try ServedModel(file, generation: served[model].generation &+ 1, allowed: allowed)
    guard fresh.sum != served[model].sum else {
      Log.say(.info, "\(file.name): the same bytes")
      return
    }
    guard fresh.model.hasTopology(of: served[model].model),
      fresh.model.inputSize == served[model].model.inputSize,
      fresh.model.readsTokens == served[model].model.readsTokens
    else {
      throw ServingError(
        .badFile,
        "\(file.path.printable): another topology, to which running streams cannot be carried; a restart begins anew"
      )
    }
    // All that can fail comes before the first thread changes over.
    var batches: [ModelBatch] = []
    for thread in workers.indices { try batches.append(modelBatch(model, of: fresh, thread)) }
    for (worker, modelBatch) in zip(workers, batches) { worker.replace(model, by: modelBatch) }
    served[model] = fresh
    reloads[model] += 1
    Log.say(.info, "\(file.name): reloaded, \(fresh.sum)")
  }
}
