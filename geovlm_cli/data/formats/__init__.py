"""The general formats: conversations, chats, annotated images. The host offers them where no plugin knows the data better."""

from geovlm_cli.data.formats import box_table, chat, coco, conversations, geojson, voc, yolo

GENERAL = (
    conversations.LLAVA,
    conversations.VLM_R1,
    conversations.VLM_R1_REC,
    chat.MESSAGES,
    chat.TRL,
    coco.LOADER,
    voc.LOADER,
    yolo.LOADER,
    box_table.LOADER,
    geojson.LOADER,
)

__all__ = ["GENERAL"]
