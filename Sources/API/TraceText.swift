package import Engine
import Support
package import Traces

extension TraceDetail {
    /// What `GET /api/v1/traces/ID` answers about a trace, without the ranks of its requests.
    package func json(_ components: ComponentTable) throws -> String {
        try JSONText.encode(TraceJSON(self, components.names))
    }
}
