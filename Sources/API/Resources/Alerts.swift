import Pipeline
import Rules

extension Resource {
    /// The pending and firing alerts.
    static let alerts = json("/api/v1/alerts") { surface, _ in
        surface.pipeline.evaluation.alerts.map { AlertJSON($0) }
    }
}
