//! What errors say in other languages than English, which is in the code.

use sync_runtime::Messages;

/// The errors that a person can meet at the board and in the chat, in Dutch.
pub fn in_dutch() -> Messages {
    Messages::new().add(
        "nl",
        [
            ("auth.required", "Log eerst in."),
            ("auth.forbidden", "Dat mag u niet doen."),
            ("session.notFound", "U bent niet meer ingelogd."),
            ("sync.invalidInputType", "De invoer klopt niet."),
            ("sync.notFound", "Deze functie bestaat niet."),
            ("sync.notRoomMember", "Open eerst het bord."),
            (
                "sync.rateLimitExceeded",
                "Te veel verzoeken: probeer het over {seconds} s opnieuw.",
            ),
            ("sync.requestTimeout", "Het verzoek duurde te lang."),
            (
                "sync.serverExecutionFailed",
                "Er ging iets mis op de server.",
            ),
            ("board.cardNotFound", "Deze kaart staat niet op dit bord."),
            ("board.full", "Het bord is vol."),
            ("board.laneNotFound", "Deze kolom is er niet op dit bord."),
            ("board.notABoard", "Deze ruimte is geen bord."),
            ("board.notFound", "Dit bord bestaat niet."),
            ("board.notYourCard", "Deze kaart is van iemand anders."),
            ("board.placeNotFound", "Deze plek is er niet meer."),
            ("chat.assistantFailed", "De assistent kon niet antwoorden."),
            ("chat.busy", "Er wachten al te veel vragen op de assistent."),
            ("chat.noAnswer", "Er wordt nu niets beantwoord."),
            ("chat.notAChat", "Deze ruimte heeft geen chat."),
        ],
    )
}
