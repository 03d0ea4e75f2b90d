package import Scrape
package import Traces

extension RecordedTraces {
    /// Of a directory that is recorded to.
    ///
    /// - Parameters:
    ///   - now: when recording to it began, Unix nanoseconds.
    ///   - onDamage: is called for each damaged part that is passed over, each time.
    package convenience init(directory: String, now: Int64, onDamage: @escaping @Sendable (Damage) -> Void) {
        self.init(windowBegan: now, onDamage: onDamage) {
            let files = ArchiveDirectory.files(in: directory)
            return files.enumerated().reversed().map { number, file in
                File(
                    path: "\(directory)/\(file.name)", begun: ArchiveDirectory.time(file.name) ?? .min,
                    modified: file.modified, isGrowing: number == files.count - 1)
            }
        }
    }

    package static let metrics = MetricTable<RecordedTraces>([
        .counter(
            "faultline_archive_damaged_parts",
            help: "Damaged parts of the recording passed over while traces were read back, counted each time."
        ) { $0.damageCount }
    ])
}
