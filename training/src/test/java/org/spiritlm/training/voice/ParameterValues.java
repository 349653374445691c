package org.spiritlm.training.voice;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.spiritlm.torch.Tensors;
import org.spiritlm.training.TrainingTask;

/** All that a task has learnt, to compare bit by bit. */
final class ParameterValues {
  private ParameterValues() {}

  static Map<String, List<Float>> of(TrainingTask task) {
    Map<String, List<Float>> values = new LinkedHashMap<>();
    for (TrainingTask.Group group : task.groups()) {
      group
          .parameters()
          .forEach((name, tensor) -> values.put(group.name() + "." + name, of(tensor)));
    }
    task.buffers().forEach((name, tensor) -> values.put(name, of(tensor)));
    return values;
  }

  private static List<Float> of(Tensor tensor) {
    List<Float> list = new ArrayList<>();
    for (float value : Tensors.floats(tensor)) {
      list.add(value);
    }
    return list;
  }
}
