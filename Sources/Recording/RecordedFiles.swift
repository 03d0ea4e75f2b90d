package import Traces

extension RecordedTraces {
    /// Of a directory that is recorded to.
    package convenience init(directory: String) {
        self.init {
            ArchiveDirectory.files(in: directory).reversed().map { file in
                File(path: "\(directory)/\(file.name)", modified: file.modified)
            }
        }
    }
}
