/// What became of the spans of one batch.
package struct AppendOutcome: Sendable {
    /// Counted: in the window, or beyond it in the history.
    package var accepted = 0
    /// Accepted, but after the time of their end had been evaluated.
    package var late = 0
    /// Spans whose trace id and span id were in the window already.
    package var duplicates = 0
    package var rejections = Rejections()
}
