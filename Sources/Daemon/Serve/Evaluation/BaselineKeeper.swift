import Dispatch
import Engine
import Logging
import Pipeline
import ServiceLifecycle

/// Keeps the counts of settled slots on disk, so that the next process knows what is usual.
struct BaselineKeeper: Service {
    private let pipeline: Pipeline
    private let files: BaselineFiles
    private let log: RateLimitedLog
    private let thread = DispatchQueue(label: "faultline.baseline", qos: .utility)

    private static let period = Duration.seconds(5)

    init(_ pipeline: Pipeline, files: BaselineFiles, log: RateLimitedLog) {
        self.pipeline = pipeline
        self.files = files
        self.log = log
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Unix nanoseconds.
            var saved = Int64.min
            while true {
                do { try await Task.sleep(for: Self.period) } catch { return }
                saved = await save(after: saved)
            }
        }
    }

    /// Neither encoding nor a slow disk may occupy one of Swift's few task threads.
    private func save(after start: Int64) async -> Int64 {
        await withCheckedContinuation { continuation in
            thread.async {
                let records = pipeline.records(after: start)
                do { try files.save(records) } catch {
                    log.note(.warning, "what is usual can't be written to disk, so a restart would forget it") {
                        ["directory": "\(files.directory)", "reason": "\(error)"]
                    }
                }
                continuation.resume(returning: records.map(\.start).max() ?? start)
            }
        }
    }
}
