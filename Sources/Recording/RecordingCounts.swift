/// What the scrape says about the recording.
package struct RecordingCounts: Sendable {
    var bytesWritten = 0
    /// Groups written, and the requests in them.
    var groups = 0
    var requests = 0
    /// Requests that were taken but not recorded.
    package var requestsDropped = 0
    /// Times that files were brought to disk.
    var syncs = 0
    /// Whether recording has stopped for a fault.
    package var isFailed = false
    /// Files of the directory and their bytes.
    var files = 0
    var directoryBytes = 0
}
