import Pipeline
import Rules

extension Resource {
    /// The pending and firing alerts.
    static let alerts = Resource(path: "alerts") { pipeline, _ in
        try JSONText.encode(pipeline.evaluation.alerts.map { AlertJSON($0) })
    }
}
