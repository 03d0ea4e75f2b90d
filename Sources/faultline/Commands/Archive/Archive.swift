import ArgumentParser

/// What can be done with archives beside replaying them.
struct Archive: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Look into span archives, verify and convert them.",
        subcommands: [ArchiveVerify.self, ArchiveInfo.self, ArchiveCat.self, ArchiveConvert.self])

    static let namesHelp = ArgumentHelp(
        "Archives: files, directories of them, patterns in quotes, \"-\".", valueName: "archive")
}
