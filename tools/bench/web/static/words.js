// What the page says. Below it there are only words and facts.
"use strict";

const DEVICE = { reader: "读卡器", scale: "秤", printer: "打印机", camera: "摄像头" };

// verb, what the button says, the verb that takes it back
const READER_FAULTS = [
  ["pull-early", "读到一半拿走", "well"],
  ["refuse", "拒读这张卡", "well"],
  ["bad-checksum", "校验错", "well"],
  ["mute", "不应答", "well"],
];
const SCALE_FAULTS = [
  ["unstable", "一直晃", "well"],
  ["frozen", "卡住不动", "well"],
  ["negative", "负数", "well"],
  ["overload", "超载", "well"],
  ["mute", "不应答", "well"],
  ["garbage", "乱码", "well"],
];
const SCALE_FAULTS_HID = [
  ["calibrate", "要校准", "well"],
  ["rezero", "要归零", "well"],
  ["broken", "坏了", "well"],
];
// verb, words, verb back, which fact of the state shows that it is so
const PRINTER_FAULTS = [
  ["paper-out", "没纸", "paper-in", (p) => !p.is_paper_in],
  ["paper-low", "纸快用完", "paper-enough", (p) => p.is_paper_low],
  ["cover-open", "盖打开", "cover-closed", (p) => p.is_cover_open],
  ["jam", "切刀卡住", "power-cycle", (p) => p.is_cutter_jammed],
  ["cutter-jam", "下次切纸卡刀", "", () => false],
  ["hot", "打印头过热", "cool", (p) => p.is_head_hot],
  ["broken", "坏了", "well", (p) => p.is_fatal],
  ["mute", "不回话", "well", (p) => p.is_mute],
  ["stuck", "死机", "well", (p) => p.is_stuck],
  ["power-cycle", "断电重开", "", () => false],
  ["tear", "撕下来", "", () => false],
];
const PRINTER_WORD = {
  ...Object.fromEntries(PRINTER_FAULTS.map(([verb, words]) => [verb, words])),
  "paper-in": "装好纸",
  "paper-enough": "纸够了",
  "cover-closed": "盖合上",
  cool: "凉下来",
  well: "全部恢复",
  "paper-out-after-rows": "再打几行就没纸",
  "paper-out-after-copies": "再打几张就没纸",
};
const WELL = { well: "恢复正常" };
const SCALE_WORD = Object.fromEntries([...SCALE_FAULTS, ...SCALE_FAULTS_HID]);
const READER_WORD = Object.fromEntries(READER_FAULTS);
const ENDED = { cut: "切下", gap: "到标签缝", paperEnd: "纸用完", torn: "撕下" };

const HAPPENED = {
  "card-laid": (f) => `${f.name} 的卡放上了`,
  "card-removed": (f) => `${f.name} 的卡拿走了`,
  "card-read": () => "终端读了这张卡",
  "card-pulled": () => "卡在读到一半时被拿走",
  reader: (f) => `读卡器：${READER_WORD[f.fault] || WELL[f.fault]}`,
  weight: (f) => (Number(f.kg) === 0 ? "秤拿空了" : `秤上放了 ${f.kg} 公斤`),
  scale: (f) => `秤：${SCALE_WORD[f.fault] || WELL[f.fault]}`,
  printer: (f) => `打印机：${PRINTER_WORD[f.fault] || f.fault}${f.number ? ` (${f.number})` : ""}`,
  printed: (f) => `出来第 ${f.number} 张纸，${ENDED[f.ended_by]}`,
  unplugged: (f) => `${DEVICE[f.device]} 拔掉了`,
  plugged: (f) => `${DEVICE[f.device]} 插上了`,
  shown: (f) => `镜头前：${f.name.replace(/^label (\d+)$/, "第 $1 张标签")}`,
  "camera-cleared": () => "镜头前拿开了",
};

const REFUSED = {
  "already-so": (f) => `${DEVICE[f.device]}已经是这样了`,
  "not-a-weight": (f) => `“${f.name}”不是重量`,
  "not-a-number": () => "这里要填一个整数",
  "not-a-picture": () => "这不是图片",
  "nothing-given": () => "还没有填",
  "text-too-long": (f) => `${f.size} 个字太多，一个二维码装不下`,
  unplugged: (f) => `${DEVICE[f.device]}没有插上`,
  "no-such-label": () => "还没有这张标签",
  "port-taken": (f) => `端口 ${f.port} 被占用`,
};
