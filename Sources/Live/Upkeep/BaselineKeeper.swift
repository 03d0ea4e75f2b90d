import Dispatch
import Engine
import Logging
package import Pipeline
import ServiceLifecycle
import Synchronization

/// Keeps the counts of settled slots on disk, so that the next process knows what is usual.
package final class BaselineKeeper: Service {
    private let pipeline: Pipeline
    private let files: BaselineFiles
    private let log: RateLimitedLog
    private let thread = WorkThread("faultline.baseline", qos: .utility)
    /// The start of the last slot that is on disk, Unix nanoseconds.
    private let saved = Mutex(Int64.min)

    private static let period = Duration.seconds(5)

    package init(_ pipeline: Pipeline, files: BaselineFiles, log: RateLimitedLog) {
        self.pipeline = pipeline
        self.files = files
        self.log = log
    }

    package func run() async throws {
        await thread.repeat(every: Self.period) { [self] in save() }
        await thread.run { [self] in save() }
    }

    private func save() {
        saved.withLock { saved in
            let records = pipeline.records(after: saved)
            do { try files.save(records) } catch {
                log.note(.warning, "what is usual can't be written to disk, so a restart would forget it") {
                    ["directory": "\(files.directory)", "reason": "\(error)"]
                }
            }
            saved = records.map(\.start).max() ?? saved
        }
    }
}
