"""The compact reference policy: pictures and an instruction in, 256-bin action tokens out in chunks."""
