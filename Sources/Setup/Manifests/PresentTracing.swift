internal import Support
import YAML

/// The TracingConfiguration that a node already has.
struct PresentTracing {
    private let path: String
    private let apiVersion: String?
    let endpoint: String?
    let samplingRatePerMillion: Int?

    /// - Throws: `Diagnostics` for text that isn't YAML, `SetupError` for another kind of file.
    init(_ text: String, path: String) throws {
        self.path = path
        var diagnostics = Diagnostics(file: path)
        let root = YAMLDocument([UInt8](text.utf8), &diagnostics)?.root
        guard diagnostics.isEmpty else { throw diagnostics }
        guard let root, root["kind"]?.text == "TracingConfiguration" else {
            throw SetupError("\(path): must be a TracingConfiguration, since that is where the API server looks for it")
        }
        apiVersion = root["apiVersion"]?.text
        endpoint = root["endpoint"]?.text
        samplingRatePerMillion = root["samplingRatePerMillion"]?.text.flatMap(Int.init)
    }

    /// Whether there is nothing to change.
    func says(_ request: TracingRequest) -> Bool {
        apiVersion == request.tracingVersion && endpoint == request.endpoint.description
            && samplingRatePerMillion == request.samplingRatePerMillion
    }

    /// What changes for whoever reads the spans now.
    func changes(to request: TracingRequest) -> [String] {
        var changes: [String] = []
        // Without one, the API server sends here.
        let old = endpoint ?? "localhost:4317"
        if old != request.endpoint.description {
            changes.append("\(path): kube-apiserver's spans go to \(request.endpoint), no longer to \(old)")
        }
        let rate = samplingRatePerMillion ?? 0
        if rate != request.samplingRatePerMillion {
            changes.append("\(path): samplingRatePerMillion was \(rate); it becomes \(request.samplingRatePerMillion)")
        }
        return changes
    }
}
